package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/tally"
)

// line shows one request in columns.
func line(r bbtest.Request) string {
	ev := r.Event
	who := fmt.Sprintf("   %-10s  %-17s  user %-4s chat %-5s", libraryOf(r), ev.Name, id(ev.UserID), id(ev.ChatID))
	payload, err := json.Marshal(ev.Payload)
	switch {
	case err != nil:
		return fmt.Sprintf("%s %v", who, err)
	case r.Status == http.StatusServiceUnavailable:
		return fmt.Sprintf("%s 503, the client keeps it", who)
	case !r.Taken:
		return fmt.Sprintf("%s %d, %s", who, r.Status, tally.Problem(r))
	case r.Repeat:
		return fmt.Sprintf("%s %s  again: not counted", who, payload)
	}
	return fmt.Sprintf("%s %s", who, payload)
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
	rows := l.rows()
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(position(a.want.Library), position(b.want.Library)), cmp.Compare(a.want.Event, b.want.Event))
	})
	fmt.Fprintf(l.out, "\n%-10s  %-17s  %8s  %7s  %5s\n", "library", "event", "expected", "counted", "again")
	for i, r := range rows {
		library := r.want.Library
		if i > 0 && rows[i-1].want.Library == library {
			library = ""
		}
		fault := r.fault()
		if fault != "" {
			fault = "  <- " + fault
		}
		fmt.Fprintf(l.out, "%-10s  %-17s  %8d  %7d  %5d%s\n", library, r.want.Event,
			r.want.N[tally.Counted], r.got.N[tally.Counted], r.got.N[tally.Again], fault)
	}
}

// position is where a library stands in the table.
func position(name string) int {
	return slices.IndexFunc(libraries, func(l library) bool { return l.name == name })
}
