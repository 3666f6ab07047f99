package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/tally"
)

// ledger holds what the API counted against what the script expects, and prints
// both as they come.
type ledger struct {
	mu      sync.Mutex // guards everything below
	out     io.Writer
	tally   tally.Tally
	want    []tally.Row
	changed chan struct{} // closed and renewed with every request
}

// row is one line of the final table.
type row struct{ want, got tally.Row }

func newLedger(out io.Writer) *ledger {
	return &ledger{out: out, changed: make(chan struct{})}
}

// expect adds to what a library must send.
func (l *ledger) expect(library string, counted, again events) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for event, n := range counted {
		tally.Find(&l.want, library, event).N[tally.Counted] += n
	}
	for event, n := range again {
		tally.Find(&l.want, library, event).N[tally.Again] += n
	}
}

// rows returns the table. l.mu is held.
func (l *ledger) rows() (rows []row) {
	want, got := slices.Clone(l.want), l.tally.Rows()
	for _, r := range got {
		tally.Find(&want, r.Library, r.Event) // which may be unexpected
	}
	for _, r := range want {
		rows = append(rows, row{want: r, got: *tally.Find(&got, r.Library, r.Event)})
	}
	return rows
}

// record takes a request from the API.
func (l *ledger) record(r bbtest.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.Add(libraryOf(r), r)
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
	return !slices.ContainsFunc(l.rows(), func(r row) bool { return r.missing() > 0 || r.missingAgain() > 0 })
}

// ok reports whether exactly the expected events were counted, and none was
// refused. That events come again is no fault: they do not count.
func (l *ledger) ok() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !slices.ContainsFunc(l.rows(), func(r row) bool { return r.fault() != "" })
}

func (r row) missing() int      { return r.want.N[tally.Counted] - r.got.N[tally.Counted] }
func (r row) missingAgain() int { return r.want.N[tally.Again] - r.got.N[tally.Again] }

// fault says what is wrong with a row; "" is nothing.
func (r row) fault() string {
	switch missing := r.missing(); {
	case missing > 0:
		return fmt.Sprintf("%d missing", missing)
	case missing < 0:
		return fmt.Sprintf("%d too many", -missing)
	case r.missingAgain() > 0:
		return fmt.Sprintf("%d did not come again", r.missingAgain())
	case r.got.N[tally.Refused] > 0:
		return fmt.Sprintf("%d refused", r.got.N[tally.Refused])
	}
	return ""
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
