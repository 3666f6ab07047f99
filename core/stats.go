package bb

import (
	"sync"
	"sync/atomic"
)

// DropReason says why an event will not be delivered, or was not accepted.
// The values are stable and fit for metrics.
type DropReason string

const (
	// DropQueueFull: the outbox had no room; activity is refused from 80 % on.
	DropQueueFull DropReason = "queue_full"
	// DropInvalid: no name, a payload that JSON cannot express, or over 64 KiB.
	DropInvalid DropReason = "invalid"
	// DropRefused: the API refused this event for good (400, 413, 422, …).
	DropRefused DropReason = "refused"
	// DropExpired: Config.MaxAge passed before the API took it.
	DropExpired DropReason = "expired"
	// DropClosed: sent after Shutdown, or left in memory when Shutdown ended.
	DropClosed DropReason = "closed"
	// DropFiltered: BeforeSend returned false or panicked. Not given to OnDrop.
	DropFiltered DropReason = "filtered"
	// DropOutbox: the outbox failed to keep it.
	DropOutbox DropReason = "outbox"
	// DropThrottled: the activity window of the user was taken. Counted in
	// Stats.Throttled, not as dropped, unless it was another replica that had
	// taken it, see Config.Throttle. Not given to OnDrop.
	DropThrottled DropReason = "throttled"
	// DropDuplicate: an event with this idempotency key was accepted before.
	// Counted in Stats.Duplicates, not as dropped; not given to OnDrop.
	DropDuplicate DropReason = "duplicate"
)

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

	// Unthrottled is how many activities were sent without asking the other
	// replicas, because Config.Throttle failed. They are part of the above.
	Unthrottled uint64

	DroppedBy map[DropReason]uint64 // nil while nothing was dropped
}

// counters is the live form of Stats.
type counters struct {
	received, recovered, delivered, dropped, handedOver atomic.Uint64
	throttled, duplicates, retries, unthrottled         atomic.Uint64

	mu       sync.Mutex // guards byReason
	byReason map[DropReason]uint64
}

func (c *counters) drop(reason DropReason, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byReason == nil {
		c.byReason = make(map[DropReason]uint64)
	}
	c.byReason[reason] += uint64(n)
	c.dropped.Add(uint64(n))
}

func (c *counters) snapshot() Stats {
	s := Stats{
		Received:    c.received.Load(),
		Recovered:   c.recovered.Load(),
		Delivered:   c.delivered.Load(),
		Dropped:     c.dropped.Load(),
		HandedOver:  c.handedOver.Load(),
		Throttled:   c.throttled.Load(),
		Duplicates:  c.duplicates.Load(),
		Retries:     c.retries.Load(),
		Unthrottled: c.unthrottled.Load(),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for reason, n := range c.byReason {
		if s.DroppedBy == nil {
			s.DroppedBy = make(map[DropReason]uint64, len(c.byReason))
		}
		s.DroppedBy[reason] = n
	}
	return s
}
