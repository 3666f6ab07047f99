package bb

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/wire"
)

// dropSummary is how often at most one reason is logged.
const dropSummary = time.Minute

// dropReports passes drops to OnDrop and to the log, away from whatever caused
// them.
type dropReports struct {
	calls  callbacks.Queue // of OnDrop
	onDrop func(Event, DropReason)
	log    *callbacks.Log

	mu      sync.Mutex // guards tallies
	tallies map[DropReason]*tally
}

// tally is what has been dropped for one reason since its last log line.
type tally struct {
	count  int
	event  string
	cause  error
	logged time.Time
	timer  *time.Timer // writes the next line; nil: none is due
}

// rejected reports an event that was not accepted; see inbox.
func (d *dropReports) rejected(ev Event, payload []byte, reason DropReason, cause error) {
	size, read := readLater(ev, payload)
	d.pass(reason, size, read)
	d.debug(reason, cause, size, read)
	d.count(reason, cause, ev.Name, 1)
}

// accepted reports events that were accepted and will not be delivered.
func (d *dropReports) accepted(reason DropReason, cause error, records ...store.Record) {
	if len(records) == 0 {
		return
	}
	size, reads := 0, make([]func() Event, 0, len(records))
	for _, r := range records {
		size += len(r.Body)
		reads = append(reads, func() Event { return decodeEvent(r.Body) })
	}
	d.pass(reason, size, reads...)
	d.debug(reason, cause, size, reads...)
	d.count(reason, cause, decodeEvent(records[len(records)-1].Body).Name, len(records))
}

// readLater keeps an event without its payload, which is the caller's, who may
// change it from now on, and reads that back from its encoding. size is what it
// keeps, in bytes.
func readLater(ev Event, payload []byte) (size int, read func() Event) {
	encoded := bytes.Clone(payload)
	ev.Payload = nil
	size = len(ev.Name) + len(ev.IdempotencyKey) + len(payload)
	return size, func() Event {
		own := ev                                 // of this reader: the log and OnDrop read on goroutines of their own
		_ = json.Unmarshal(encoded, &own.Payload) // nothing where there is nothing
		return own
	}
}

// decodeEvent reads back a request body. What cannot be read stays zero.
func decodeEvent(body []byte) Event {
	d, _ := wire.Decode(body)
	return Event{
		Name: d.Name, UserID: d.UserID, ChatID: d.ChatID,
		Payload: d.Payload, OccurredAt: d.OccurredAt, IdempotencyKey: d.Key,
	}
}

// pass gives events to OnDrop. They are read on its queue, so that this costs
// nobody else. What OnDrop itself sent is not reported to it, or it might never
// end.
func (d *dropReports) pass(reason DropReason, size int, reads ...func() Event) {
	if d.onDrop == nil || reason.isRule() || insideOnDrop() {
		return
	}
	calls := make([]func(), 0, len(reads))
	for _, read := range reads {
		calls = append(calls, func() { d.call(read(), reason) })
	}
	d.calls.Do(size, calls...)
}

// call is the only place where OnDrop is called; insideOnDrop looks for it.
//
//go:noinline
func (d *dropReports) call(ev Event, reason DropReason) {
	defer func() { _ = recover() }()
	d.onDrop(ev, reason)
}

// insideOnDrop reports whether an OnDrop, of whatever client, is among the
// callers.
func insideOnDrop() bool {
	var callers [256]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers[:])])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, "/core.(*dropReports).call") {
			return true
		}
		if !more {
			return false
		}
	}
}

// debug writes a line for each event.
func (d *dropReports) debug(reason DropReason, cause error, size int, reads ...func() Event) {
	if !d.log.Debug() {
		return
	}
	lines := make([]func(), 0, len(reads))
	for _, read := range reads {
		lines = append(lines, func() { d.debugOne(reason, cause, read()) })
	}
	d.log.Do(size, lines...)
}

func (d *dropReports) debugOne(reason DropReason, cause error, ev Event) {
	attrs := append([]slog.Attr{slog.String("reason", string(reason))}, wire.Decoded{
		Name: ev.Name, UserID: ev.UserID, ChatID: ev.ChatID, Payload: ev.Payload, Key: ev.IdempotencyKey,
	}.Attrs()...)
	if cause != nil {
		attrs = append(attrs, slog.String("cause", cause.Error()))
	}
	d.log.Now(slog.LevelDebug, "bb: event not sent", attrs...)
}

// count adds drops to the tally of their reason, and schedules its log line.
func (d *dropReports) count(reason DropReason, cause error, name string, n int) {
	if reason.isRule() && cause == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tallies[reason]
	if t == nil {
		t = &tally{}
		d.tallies[reason] = t
	}
	t.count += n
	t.event, t.cause = name, cause
	if t.timer == nil {
		t.timer = time.AfterFunc(time.Until(t.logged.Add(dropSummary)), func() { d.summarize(reason) })
	}
}

// summarize writes the line of a reason. If the log has no room for it, the next
// drop tries again.
func (d *dropReports) summarize(reason DropReason) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tallies[reason]
	t.timer = nil
	if t.count == 0 {
		return
	}
	attrs := []slog.Attr{slog.String("reason", string(reason)), slog.Int("count", t.count), slog.String("last_event", t.event)}
	if t.cause != nil {
		attrs = append(attrs, slog.String("last_cause", t.cause.Error()))
	}
	if d.log.Write(slog.LevelWarn, "bb: events dropped", attrs...) {
		t.count, t.logged = 0, time.Now()
	}
}

// flush writes the lines that wait for the end of their minute.
func (d *dropReports) flush() {
	d.mu.Lock()
	var due []DropReason
	for reason, t := range d.tallies {
		if t.timer != nil {
			t.timer.Stop()
			due = append(due, reason)
		}
	}
	d.mu.Unlock()
	for _, reason := range due {
		d.summarize(reason)
	}
}
