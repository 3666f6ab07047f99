package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/bbapi"
)

// ledger holds what arrives at the API against what the script expects, and
// prints both as they come.
type ledger struct {
	mu      sync.Mutex // guards everything below
	out     io.Writer
	rows    []*row
	refused map[string]int // requests not taken, by library
	wrong   int            // of these, those that broke the contract
	changed chan struct{}  // closed and renewed with every request
}

// row is one line of the final table.
type row struct {
	library, event       string
	expected, counted    int
	expectedAgain, again int
}

func newLedger(out io.Writer) *ledger {
	return &ledger{out: out, refused: make(map[string]int), changed: make(chan struct{})}
}

// row returns the row for events of one name from one library. l.mu is held.
func (l *ledger) row(library, event string) *row {
	i := slices.IndexFunc(l.rows, func(r *row) bool { return r.library == library && r.event == event })
	if i < 0 {
		i = len(l.rows)
		l.rows = append(l.rows, &row{library: library, event: event})
	}
	return l.rows[i]
}

// expect adds to what a library must send.
func (l *ledger) expect(library string, counted, again events) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for event, n := range counted {
		l.row(library, event).expected += n
	}
	for event, n := range again {
		l.row(library, event).expectedAgain += n
	}
}

// record takes a request from the API.
func (l *ledger) record(r bbapi.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case r.Problem != "":
		l.refused[r.Integration]++
		if r.Status != http.StatusServiceUnavailable {
			l.wrong++
		}
	case r.Repeat:
		l.row(r.Integration, r.Event.Name).again++
	default:
		l.row(r.Integration, r.Event.Name).counted++
	}
	fmt.Fprintln(l.out, line(r))
	close(l.changed)
	l.changed = make(chan struct{})
}

// say prints something between the events.
func (l *ledger) say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.out, format, args...)
}

// settled reports whether everything expected so far has come. l.mu is held.
func (l *ledger) settled() bool {
	return !slices.ContainsFunc(l.rows, func(r *row) bool {
		return r.counted < r.expected || r.again < r.expectedAgain
	})
}

// ok reports whether exactly the expected events were counted. That events come
// again is no fault: they do not count.
func (l *ledger) ok() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wrong == 0 && !slices.ContainsFunc(l.rows, func(r *row) bool { return r.fault() != "" })
}

// await waits until condition holds, which is called with l.mu held.
func (l *ledger) await(ctx context.Context, condition func() bool) error {
	for {
		l.mu.Lock()
		holds, changed := condition(), l.changed
		l.mu.Unlock()
		if holds {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
