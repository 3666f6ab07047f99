package bb

import (
	"errors"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// DropReason says why an event will not be delivered, or was not accepted.
// The values are stable and fit for metrics.
type DropReason string

const (
	// DropQueueFull means that the outbox had no room. Activity is refused from 80 % on.
	DropQueueFull DropReason = "queue_full"
	// DropInvalid means no name, a payload that JSON cannot express, or more than
	// 64 KiB.
	DropInvalid DropReason = "invalid"
	// DropRefused means that the API refused this event for good: 400, 413 or 422, in JSON.
	DropRefused DropReason = "refused"
	// DropExpired means that Config.MaxAge passed before the API took it.
	DropExpired DropReason = "expired"
	// DropClosed means sent after Shutdown, or left in memory when it ended.
	DropClosed DropReason = "closed"
	// DropFiltered means that BeforeSend returned false or panicked. Not given to OnDrop.
	DropFiltered DropReason = "filtered"
	// DropOutbox means that the outbox failed to keep it.
	DropOutbox DropReason = "outbox"
	// DropThrottled means that the activity window of the user was already used.
	// Counted in Stats.Throttled, not as dropped, unless another replica used it,
	// see Config.Throttle. Not given to OnDrop.
	DropThrottled DropReason = "throttled"
	// DropDuplicate means that an event with this idempotency key was accepted before.
	// Counted in Stats.Duplicates, not as dropped; not given to OnDrop.
	DropDuplicate DropReason = "duplicate"
)

// isRule reports whether the event was held back as the user wished.
func (r DropReason) isRule() bool {
	return r == DropFiltered || r == DropThrottled || r == DropDuplicate
}

// Stats is the client's ledger. At any quiet moment
//
//	Received + Recovered = Delivered + Dropped + HandedOver + Pending
type Stats struct {
	Received   uint64 // events given to the client that were neither throttled nor duplicate
	Recovered  uint64 // events found in a durable outbox at the start, or taken from a shared one
	Delivered  uint64 // events that the API took
	Dropped    uint64 // events that were or will not be delivered; DroppedBy has the reasons
	HandedOver uint64 // events moved, or given back, to an outbox shared with other processes; else 0
	Throttled  uint64 // activity held back by Config.ActivityWindow
	Duplicates uint64 // events whose idempotency key had been accepted before
	Retries    uint64 // requests beyond the first of each event
	Pending    int    // events waiting, those being sent included

	// ThrottleErrors is how many activities were sent without asking the other
	// replicas, because Config.Throttle failed. They are part of the above.
	ThrottleErrors uint64

	DroppedBy map[DropReason]uint64 // nil while nothing was dropped
}

// counters is the live form of Stats, but for what the store counts itself.
type counters struct {
	received, delivered, throttled, duplicates, retries, throttleErrors atomic.Uint64

	mu      sync.Mutex // guards dropped
	dropped map[DropReason]uint64
}

func (c *counters) drop(reason DropReason, n int) {
	if n == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dropped == nil {
		c.dropped = make(map[DropReason]uint64)
	}
	c.dropped[reason] += uint64(n)
}

// snapshot reads what went before what came, and derives what waits from the
// two: what was just settled is never missing.
func (c *counters) snapshot(flow func() store.Flow) Stats {
	s := Stats{Delivered: c.delivered.Load()}
	c.mu.Lock()
	s.DroppedBy = maps.Clone(c.dropped)
	c.mu.Unlock()
	for _, n := range s.DroppedBy {
		s.Dropped += n
	}
	inStore := flow()
	s.HandedOver, s.Recovered = inStore.HandedOver, inStore.Recovered
	s.Received = c.received.Load()
	s.Pending = int(s.Received + s.Recovered - s.Delivered - s.Dropped - s.HandedOver)
	s.Throttled = c.throttled.Load()
	s.Duplicates = c.duplicates.Load()
	s.Retries = c.retries.Load()
	s.ThrottleErrors = c.throttleErrors.Load()
	return s
}

var errTooOld = errors.New("Config.MaxAge passed before the API took it")

// ledger counts, and reports, what becomes of accepted events.
type ledger struct{ *parts }

func (l ledger) Delivered() { l.counters.delivered.Add(1) }
func (l ledger) Retried()   { l.counters.retries.Add(1) }

func (l ledger) Refused(r store.Record, why *endpoint.Problem) { l.drop(DropRefused, why, r) }
func (l ledger) Expired(r store.Record)                        { l.drop(DropExpired, errTooOld, r) }
func (l ledger) Unreadable(r store.Record)                     { l.drop(DropOutbox, r.Err, r) }

// Throttled counts an event that concerns nobody else.
func (l ledger) Throttled(store.Record) { l.counters.drop(DropThrottled, 1) }

func (l ledger) drop(reason DropReason, cause error, r store.Record) {
	l.counters.drop(reason, 1)
	l.drops.accepted(reason, cause, r)
}
