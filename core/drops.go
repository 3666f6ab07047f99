package bb

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/serial"
)

// dropSummary is how often at most one reason is logged.
const dropSummary = time.Minute

// dropReports tells the user of drops, by OnDrop and in the log, away from
// whoever caused them.
type dropReports struct {
	queue  *serial.Queue
	logger *slog.Logger
	onDrop func(Event, DropReason)

	mu      sync.Mutex // guards tallies
	tallies map[DropReason]*tally
}

// tally is what has been dropped for one reason since its last log line.
type tally struct {
	count int
	event string
	cause error
	last  time.Time   // of the last line
	timer *time.Timer // set while a line is due later
}

// report tells of drops for one reason. events yields them, on the queue, if
// OnDrop wants to see them.
func (d *dropReports) report(reason DropReason, cause error, name string, count int, events iter.Seq[Event]) {
	if d.onDrop != nil && reason != DropFiltered {
		d.queue.Do(func() {
			for ev := range events {
				d.call(ev, reason)
			}
		})
	}
	if reason == DropFiltered && cause == nil {
		return // as the user wished
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tallies[reason]
	if t == nil {
		t = &tally{}
		d.tallies[reason] = t
	}
	due := t.count == 0 // else its line is on the way
	t.count += count
	t.event, t.cause = name, cause
	if !due {
		return
	}
	write := func() { d.queue.Do(func() { d.log(reason) }) }
	if wait := time.Until(t.last.Add(dropSummary)); wait > 0 {
		t.timer = time.AfterFunc(wait, write)
		return
	}
	write()
}

func (d *dropReports) call(ev Event, reason DropReason) {
	defer func() { _ = recover() }()
	d.onDrop(ev, reason)
}

func (d *dropReports) log(reason DropReason) {
	d.mu.Lock()
	t := d.tallies[reason]
	count, event, cause := t.count, t.event, t.cause
	t.count, t.last = 0, time.Now()
	d.mu.Unlock()
	if count == 0 {
		return
	}
	attrs := []slog.Attr{slog.String("reason", string(reason)), slog.Int("count", count), slog.String("last_event", event)}
	if cause != nil {
		attrs = append(attrs, slog.String("cause", cause.Error()))
	}
	d.logger.LogAttrs(context.Background(), slog.LevelWarn, "bb: events dropped", attrs...)
}

// flush logs what waits for the end of its minute.
func (d *dropReports) flush() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for reason, t := range d.tallies {
		if t.timer != nil && t.timer.Stop() {
			d.queue.Do(func() { d.log(reason) })
		}
	}
}

// refuse counts and reports an event that was not accepted. It returns false
// for the caller to pass on.
func (s *state) refuse(ev Event, reason DropReason, cause error) bool {
	s.counters.received.Add(1)
	s.counters.drop(reason, 1)
	s.suppressed(ev, reason)
	s.drops.report(reason, cause, ev.Name, 1, func(yield func(Event) bool) { yield(ev) })
	return false
}

// dropAccepted counts and reports events that were accepted and will not be
// delivered.
func (s *state) dropAccepted(reason DropReason, cause error, records ...outbox.Record) {
	if len(records) == 0 {
		return
	}
	s.counters.drop(reason, len(records))
	last := decodeEvent(records[len(records)-1].Body)
	s.drops.report(reason, cause, last.Name, len(records), func(yield func(Event) bool) {
		for _, r := range records {
			if !yield(decodeEvent(r.Body)) {
				return
			}
		}
	})
}
