package bb

import (
	"bytes"
	"context"
	"encoding/json"
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
	calls  serial.Queue  // of OnDrop
	lines  *serial.Queue // of the log
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
	due   bool        // the next line is on its way
	timer *time.Timer // for a line that is due later
}

// tell passes dropped events to OnDrop. events yields them on the queue, so
// that reading them back costs nobody else.
func (d *dropReports) tell(reason DropReason, events iter.Seq[Event]) {
	if d.onDrop == nil || reason == DropFiltered {
		return
	}
	d.calls.Do(func() {
		for ev := range events {
			d.call(ev, reason)
		}
	})
}

func (d *dropReports) call(ev Event, reason DropReason) {
	defer func() { _ = recover() }()
	d.onDrop(ev, reason)
}

// count adds drops to the tally of their reason, for the log.
func (d *dropReports) count(reason DropReason, cause error, name string, count int) {
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
	t.count += count
	t.event, t.cause = name, cause
	if t.due {
		return
	}
	write := func() bool { return d.lines.Do(func() { d.log(reason) }) }
	if wait := time.Until(t.last.Add(dropSummary)); wait > 0 {
		t.due = true
		t.timer = time.AfterFunc(wait, func() {
			if !write() {
				d.postpone(reason)
			}
		})
		return
	}
	t.due = write()
}

// postpone leaves the line to the next drop.
func (d *dropReports) postpone(reason DropReason) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tallies[reason].due = false
}

func (d *dropReports) log(reason DropReason) {
	d.mu.Lock()
	t := d.tallies[reason]
	count, event, cause := t.count, t.event, t.cause
	t.count, t.due, t.last = 0, false, time.Now()
	d.mu.Unlock()
	if count == 0 {
		return
	}
	attrs := []slog.Attr{slog.String("reason", string(reason)), slog.Int("count", count), slog.String("last_event", event)}
	if cause != nil {
		attrs = append(attrs, slog.String("last_cause", cause.Error()))
	}
	d.logger.LogAttrs(context.Background(), slog.LevelWarn, "bb: events dropped", attrs...)
}

// flush logs what waits for the end of its minute.
func (d *dropReports) flush() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for reason, t := range d.tallies {
		if t.timer != nil && t.timer.Stop() {
			d.lines.Do(func() { d.log(reason) })
		}
	}
}

// refuse counts and reports an event that was not accepted, and returns
// reason. payload is its payload as it was encoded, in a buffer that the
// caller uses again, or nil.
func (s *state) refuse(ev Event, payload []byte, reason DropReason, cause error) DropReason {
	s.counters.received.Add(1)
	s.counters.drop(reason, 1)
	s.suppressed(ev, reason)
	if s.drops.onDrop != nil {
		encoded := bytes.Clone(payload)
		ev.Payload = nil // it is the caller's, who may change it from now on
		s.drops.tell(reason, func(yield func(Event) bool) {
			_ = json.Unmarshal(encoded, &ev.Payload) // nothing where there is nothing
			yield(ev)
		})
	}
	if s.sink == nil {
		s.drops.count(reason, cause, ev.Name, 1)
	}
	return reason
}

// dropAccepted counts and reports events that were accepted and will not be
// delivered.
func (s *state) dropAccepted(reason DropReason, cause error, records ...outbox.Record) {
	if len(records) == 0 {
		return
	}
	s.counters.drop(reason, len(records))
	s.drops.tell(reason, func(yield func(Event) bool) {
		for _, r := range records {
			if !yield(decodeEvent(r.Body)) {
				return
			}
		}
	})
	last := decodeEvent(records[len(records)-1].Body)
	s.drops.count(reason, cause, last.Name, len(records))
}
