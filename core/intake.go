package bb

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/clock"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/recent"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/wire"
)

// recentKeys is how many idempotency keys are remembered at least: well beyond
// the hundred updates that Telegram may deliver again after a crash.
const recentKeys = 4096

var (
	errNoName      = errors.New("the event has no name")
	errExit        = errors.New("a MarshalJSON of the payload, Enrich or BeforeSend ended the goroutine")
	errBeforeSend  = errors.New("BeforeSend panicked")
	errOutboxPanic = errors.New("the outbox panicked")
)

// maxPanic bounds what a log line says of a panic, in bytes.
const maxPanic = 300

// intake is all that Send does: throttle, recently seen, BeforeSend, encode, put.
// It knows the inbox, which takes events and reports of drops, and nothing behind
// it.
type intake struct {
	clock  *clock.Clock
	window *throttle.Throttle // nil: every activity passes
	bots   *bots
	recent *recent.Set
	enrichment
	beforeSend func(Event) (Event, bool) // nil: none
	inbox      inbox
	counters   *counters

	passing sync.RWMutex // held for reading while an event passes into the inbox
	closed  atomic.Bool  // no event is accepted any more; set under passing
}

// inbox is where events end up, of one kind or the other.
type inbox interface {
	put(store.Record) error
	// rejected reports an event that was not put. payload is its payload as it
	// was encoded, in a buffer that will be used again, or empty.
	rejected(ev Event, payload []byte, reason DropReason, cause error)
	// reportsAll: throttled and duplicate events are of interest too.
	reportsAll() bool
}

// send accepts an explicit event.
func (in *intake) send(ev *Event, from *origin) { in.offer(time.Now(), ev, from, nil) }

// offer accepts an event at a moment, unless it is an activity whose window is used, and
// returns why it did not; "": it did. payload makes the payload of an automatic
// event, once the throttle let it through: most updates end here. Explicit activity
// without a user is not throttled, as in the Python SDK. ev is the intake's to change.
func (in *intake) offer(now time.Time, ev *Event, from *origin, payload func(name string) Payload) DropReason {
	var (
		record store.Record
		age    time.Duration
	)
	if !ev.OccurredAt.IsZero() && isBacklog(ev.OccurredAt, in.clock.Date(now)) {
		age, record.Date = in.clock.Date(now).Sub(ev.OccurredAt), ev.OccurredAt.UnixMilli()
	}
	automatic := payload != nil
	if ev.Name != EventActivity || in.window == nil || ev.UserID == 0 && !automatic {
		in.complete(ev, now, payload)
		return in.accept(ev, store.Record{}, from, automatic)
	}
	slot := in.slot(ev, from)
	claim, ok := in.window.Allow(slot, throttle.Moment{Now: now, Age: age, Date: ev.OccurredAt})
	if !ok {
		in.counters.throttled.Add(1)
		if in.inbox.reportsAll() {
			in.complete(ev, now, payload)
			encoded, _ := wire.AppendPayload(nil, ev.Payload) // nothing of what JSON cannot express
			in.inbox.rejected(*ev, encoded, DropThrottled, nil)
		}
		return DropThrottled
	}
	in.complete(ev, now, payload)
	record.Slot = uint64(slot)
	reason := in.accept(ev, record, from, automatic)
	if reason != "" {
		in.window.Release(claim)
	}
	return reason
}

// complete gives an event what it lacks: a date, and an automatic one its payload.
func (in *intake) complete(ev *Event, now time.Time, payload func(name string) Payload) {
	if ev.OccurredAt.IsZero() {
		ev.OccurredAt = in.clock.Date(now)
	}
	if payload != nil {
		ev.Payload = payload(ev.Name)
	}
}

// slot returns the user, or the chat, that an activity is throttled with.
func (in *intake) slot(ev *Event, from *origin) throttle.Slot {
	slot := throttle.SlotOf(ev.UserID, ev.ChatID)
	if from == nil || from.botID == 0 {
		return slot.Of(in.bots.only())
	}
	return slot.Of(from.botID)
}

// buffers is pooled scratch space for accept.
type buffers struct {
	payload  []byte
	key      [36]byte // a UUID
	received bool     // it is counted in Stats.Received
}

// encode keeps the payload of an event, and says what is wrong with the event.
func (b *buffers) encode(ev *Event) (err error) {
	b.payload, err = wire.AppendPayload(b.payload[:0], ev.Payload)
	if err == nil && ev.Name == "" {
		err = errNoName
	}
	return err
}

var bufferPool = sync.Pool{New: func() any { return new(buffers) }}

// accept puts an event into the inbox, or counts, reports and returns why it does
// not. record holds what the throttles have to know of it.
func (in *intake) accept(ev *Event, record store.Record, from *origin, automatic bool) (reason DropReason) {
	buf := bufferPool.Get().(*buffers)
	defer bufferPool.Put(buf)
	buf.received = false
	reason, cause := DropFiltered, errExit
	defer func() { in.conclude(ev, buf, reason, cause) }()
	reason, cause = in.pass(ev, record, from, automatic, buf)
	return reason
}

// conclude counts and reports an event that was not put.
func (in *intake) conclude(ev *Event, buf *buffers, reason DropReason, cause error) {
	switch reason {
	case "":
		return
	case DropDuplicate:
		in.counters.duplicates.Add(1)
		if !in.inbox.reportsAll() {
			return
		}
	default:
		in.receive(buf)
		in.counters.drop(reason, 1)
	}
	in.inbox.rejected(*ev, buf.payload, reason, cause)
}

// receive counts an event that is no duplicate, before anything is counted of what
// becomes of it: Stats.Received never goes down.
func (in *intake) receive(buf *buffers) {
	if !buf.received {
		buf.received = true
		in.counters.received.Add(1)
	}
}

// pass is the way of an event into the inbox, or to the reason why it goes no
// further. What panics on it, BeforeSend or the outbox, costs the event and not
// the bot.
func (in *intake) pass(ev *Event, record store.Record, from *origin, automatic bool, buf *buffers) (reason DropReason, cause error) {
	ifPanic, panicked := DropFiltered, errBeforeSend
	var id recent.Key
	shared := false // with another event, which may come again or have come before
	defer func() {
		if p := recover(); p != nil {
			reason, cause = ifPanic, fmt.Errorf("%w: %.*s", panicked, maxPanic, fmt.Sprint(p))
		}
		if shared && (reason == DropQueueFull || reason == DropOutbox) {
			in.recent.Remove(id) // when it comes again, there may be room
		}
	}()

	if err := buf.encode(ev); err != nil {
		return DropInvalid, err
	}
	if in.closed.Load() {
		return DropClosed, nil
	}
	id, shared = from.key(ev, buf.payload, automatic)
	key := appendKey(buf.key[:0], ev.IdempotencyKey, id)
	if shared && !in.recent.Add(id) {
		ev.IdempotencyKey = string(key)
		return DropDuplicate, nil
	}

	if in.enrich != nil && from != nil {
		buf.payload = in.enriched(ev, from, buf.payload)
	}
	if in.beforeSend != nil {
		ev.IdempotencyKey = string(key)
		if !in.look(ev) {
			return DropFiltered, nil
		}
		key = []byte(ev.IdempotencyKey)
		if err := buf.encode(ev); err != nil {
			return DropInvalid, err
		}
	}

	body, err := wire.Append(make([]byte, 0, wire.Overhead+len(ev.Name)+len(buf.payload)), wire.Event{
		Name: ev.Name, OccurredAt: ev.OccurredAt,
		UserID: ev.UserID, ChatID: ev.ChatID,
		Payload: buf.payload, Key: key,
	})
	if err != nil {
		return DropInvalid, err
	}
	in.passing.RLock()
	defer in.passing.RUnlock()
	if in.closed.Load() {
		return DropClosed, nil
	}
	ifPanic, panicked = DropOutbox, errOutboxPanic
	in.receive(buf) // it may be delivered before put returns
	record.Body, record.Sheddable = body, ev.Name == EventActivity
	err = in.inbox.put(record)
	if err == nil {
		return "", nil
	}
	ev.IdempotencyKey = string(key)
	switch {
	case errors.Is(err, store.ErrFull):
		return DropQueueFull, nil
	case errors.Is(err, store.ErrClosed):
		return DropClosed, nil
	}
	return DropOutbox, err
}

// look lets BeforeSend change an event, or hold it back. Neither its date nor its
// key can be taken away.
func (in *intake) look(ev *Event) (ok bool) {
	shown := *ev
	shown.Payload = maps.Clone(ev.Payload)
	if shown.Payload == nil {
		shown.Payload = Payload{}
	}
	if shown, ok = in.beforeSend(shown); !ok {
		return false
	}
	if shown.OccurredAt.IsZero() {
		shown.OccurredAt = ev.OccurredAt
	}
	shown.IdempotencyKey = cmp.Or(shown.IdempotencyKey, ev.IdempotencyKey)
	*ev = shown
	return true
}

// close returns when no event is on its way into the inbox any more.
func (in *intake) close() {
	in.passing.Lock()
	defer in.passing.Unlock()
	in.closed.Store(true)
}
