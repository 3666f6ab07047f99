package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/bbapi"
)

// line shows one request in columns.
func line(r bbapi.Request) string {
	ev := r.Event
	who := fmt.Sprintf("   %-10s  %-12s  user %-4s chat %-5s", cmp.Or(r.Integration, "(nobody)"), ev.Name, id(ev.UserID), id(ev.ChatID))
	switch payload, err := json.Marshal(ev.Payload); {
	case err != nil:
		return fmt.Sprintf("%s %v", who, err)
	case r.Status == http.StatusServiceUnavailable:
		return fmt.Sprintf("%s 503, the client keeps it", who)
	case r.Problem != "":
		return fmt.Sprintf("%s %d, %s", who, r.Status, r.Problem)
	case r.Repeat:
		return fmt.Sprintf("%s %s  again: not counted", who, payload)
	default:
		return fmt.Sprintf("%s %s", who, payload)
	}
}

// id shows 0, which the API gets as null, as a dash.
func id(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// print prints the final table.
func (l *ledger) print() {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.SortFunc(l.rows, func(a, b *row) int {
		return cmp.Or(cmp.Compare(position(a.library), position(b.library)), cmp.Compare(a.event, b.event))
	})
	fmt.Fprintf(l.out, "\n%-10s  %-12s  %8s  %7s  %5s\n", "library", "event", "expected", "counted", "again")
	for i, r := range l.rows {
		library := r.library
		if i > 0 && l.rows[i-1].library == library {
			library = ""
		}
		fault := r.fault()
		if fault != "" {
			fault = "  <- " + fault
		}
		fmt.Fprintf(l.out, "%-10s  %-12s  %8d  %7d  %5d%s\n", library, r.event, r.expected, r.counted, r.again, fault)
	}
}

// position is where a library stands in the table.
func position(name string) int {
	return slices.IndexFunc(libraries, func(l library) bool { return l.name == name })
}

// fault says what is wrong with a row; "" is nothing.
func (r *row) fault() string {
	switch {
	case r.counted < r.expected:
		return fmt.Sprintf("%d missing", r.expected-r.counted)
	case r.counted > r.expected:
		return fmt.Sprintf("%d too many", r.counted-r.expected)
	case r.again < r.expectedAgain:
		return fmt.Sprintf("%d did not come again", r.expectedAgain-r.again)
	}
	return ""
}
