package bb

import (
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/wire"
)

var (
	errNoName     = errors.New("the event has no name")
	errBeforeSend = errors.New("BeforeSend panicked")
)

// send accepts an explicit event. Explicit activity without a user is not
// throttled, as in the Python SDK.
func (s *state) send(ev Event, o *origin) {
	if ev.Name == EventActivity && ev.UserID != 0 {
		s.oncePerWindow(throttle.User(ev.UserID), o, false, func() Event { return ev })
		return
	}
	s.accept(ev, o, false)
}

// sendAutomatic accepts an event, other than activity, that an update emits.
func (s *state) sendAutomatic(ev Event, o *origin) { s.accept(ev, o, true) }

// emitActivity makes its event only once the throttle let it through: most
// updates end here.
func (s *state) emitActivity(o *observation) {
	slot := throttle.User(o.person)
	if o.person == 0 {
		slot = throttle.Chat(o.ChatID)
	}
	s.oncePerWindow(slot, o.origin, true, func() Event { return o.event(EventActivity, o.activityPayload()) })
}

// oncePerWindow accepts an activity unless its slot is taken. The slot stays
// taken only if the event was accepted.
func (s *state) oncePerWindow(slot throttle.Slot, o *origin, automatic bool, event func() Event) {
	if s.throttle == nil {
		s.accept(event(), o, automatic)
		return
	}
	claim, ok := s.throttle.Take(slot, time.Now())
	if !ok {
		s.counters.throttled.Add(1)
		if s.sink != nil {
			s.suppressed(event(), DropThrottled)
		}
		return
	}
	if !s.accept(event(), o, automatic) {
		s.throttle.Release(claim)
	}
}

// buffers is what accept works in; nothing of it is kept.
type buffers struct {
	payload []byte
	key     [36]byte // a UUID
}

var bufferPool = sync.Pool{New: func() any { return new(buffers) }}

// accept takes an event past the recently seen keys and hands it to keep. It
// reports whether the outbox has the event now.
func (s *state) accept(ev Event, o *origin, automatic bool) bool {
	now := time.Now()
	if ev.OccurredAt.IsZero() {
		ev.OccurredAt = now
	}
	buf := bufferPool.Get().(*buffers)
	defer bufferPool.Put(buf)
	payload, err := wire.AppendPayload(buf.payload[:0], ev.Payload)
	if err != nil {
		s.refuse(ev, nil, DropInvalid, err)
		return false
	}
	buf.payload = payload
	switch {
	case s.closed.Load():
		s.refuse(ev, payload, DropClosed, nil)
		return false
	case ev.Name == "":
		s.refuse(ev, payload, DropInvalid, errNoName)
		return false
	}

	id, shared := o.key(&ev, payload, automatic)
	key := appendKey(buf.key[:0], ev.IdempotencyKey, id)
	if shared && !s.recent.Add(id) {
		s.counters.duplicates.Add(1)
		ev.IdempotencyKey = string(key)
		s.suppressed(ev, DropDuplicate)
		return false
	}
	reason := s.keep(ev, key, payload, now)
	if shared && (reason == DropQueueFull || reason == DropOutbox) {
		s.recent.Remove(id) // when it comes again, there may be room
	}
	return reason == ""
}

// keep puts an event into the outbox, or refuses it and says why.
func (s *state) keep(ev Event, key, payload []byte, now time.Time) DropReason {
	if s.beforeSend != nil {
		ev.IdempotencyKey = string(key)
		changed, ok, err := s.lastLook(ev)
		if !ok {
			return s.refuse(ev, nil, DropFiltered, err)
		}
		if ev = changed; ev.Name == "" {
			return s.refuse(ev, nil, DropInvalid, errNoName)
		}
		key = []byte(ev.IdempotencyKey)
		if payload, err = wire.AppendPayload(nil, ev.Payload); err != nil {
			return s.refuse(ev, nil, DropInvalid, err)
		}
	}
	body, err := wire.Append(make([]byte, 0, wire.Overhead+len(ev.Name)+len(payload)), wire.Event{
		Name: ev.Name, OccurredAt: ev.OccurredAt,
		UserID: ev.UserID, ChatID: ev.ChatID,
		Payload: payload, Key: key,
	})
	if err != nil {
		return s.refuse(ev, nil, DropInvalid, err)
	}
	reason, err := s.put(outbox.Record{
		Key: wire.Key(body, key), Body: body,
		Accepted: now, Low: ev.Name == EventActivity,
	})
	if reason != "" {
		ev.IdempotencyKey = string(key)
		return s.refuse(ev, payload, reason, err)
	}
	return ""
}

// lastLook asks BeforeSend. What it must not take away is put back.
func (s *state) lastLook(ev Event) (_ Event, ok bool, err error) {
	defer func() {
		if recover() != nil {
			ok, err = false, errBeforeSend
		}
	}()
	look := ev
	look.Payload = maps.Clone(ev.Payload)
	changed, ok := s.beforeSend(look)
	if changed.OccurredAt.IsZero() {
		changed.OccurredAt = ev.OccurredAt
	}
	if changed.IdempotencyKey == "" {
		changed.IdempotencyKey = ev.IdempotencyKey
	}
	return changed, ok, nil
}

// put is where an event passes from the handler to delivery.
func (s *state) put(r outbox.Record) (DropReason, error) {
	s.putting.RLock()
	defer s.putting.RUnlock()
	if s.closed.Load() {
		return DropClosed, nil
	}
	// Counted first, since a sender may have delivered it before Put returns.
	s.counters.received.Add(1)
	_, err := s.box.Put(r)
	switch {
	case err == nil && s.sink != nil:
		s.counters.delivered.Add(1)
		return "", nil
	case err == nil:
		s.engine.Wake()
		return "", nil
	}
	s.counters.received.Add(^uint64(0)) // refuse counts it
	switch {
	case errors.Is(err, outbox.ErrFull):
		return DropQueueFull, nil
	case errors.Is(err, outbox.ErrClosed):
		return DropClosed, nil
	}
	return DropOutbox, err
}
