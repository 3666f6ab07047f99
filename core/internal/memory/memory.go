// Package memory is the outbox that holds events in memory.
package memory

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// Outbox keeps records in memory. What it holds is lost with the process.
type Outbox struct {
	bounds outbox.Bounds

	mu      sync.Mutex
	closed  bool
	lastID  uint64
	bytes   int64
	fresh   fifo              // never tried, oldest first
	tried   ranked            // due again, fewest attempts first
	delayed byTime            // not due yet, soonest first
	leased  map[uint64]*entry // given out by Take
}

type entry struct {
	record outbox.Record
	at     time.Time // delayed: when due; leased: when the lease is over
}

// New returns an Outbox that holds at most what bounds allow.
func New(bounds outbox.Bounds) *Outbox {
	return &Outbox{bounds: bounds, leased: make(map[uint64]*entry)}
}

// Put implements outbox.Outbox.
func (o *Outbox) Put(r outbox.Record) (outbox.ID, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return outbox.ID{}, outbox.ErrClosed
	}
	if !o.bounds.Admit(o.lenLocked(), o.bytes, r) {
		return outbox.ID{}, outbox.ErrFull
	}
	o.lastID++
	r.ID = outbox.ID{Lo: o.lastID}
	o.bytes += int64(len(r.Body))
	o.fresh.push(&entry{record: r})
	return r.ID, nil
}

// Sync implements outbox.Outbox: memory is as safe as it gets.
func (o *Outbox) Sync(context.Context) error { return nil }

// SyncAfter implements outbox.Outbox.
func (o *Outbox) SyncAfter() time.Duration { return 0 }

// Identify implements outbox.Outbox: there is nothing from before.
func (o *Outbox) Identify(string) (string, error) { return "", nil }

// Take implements outbox.Outbox.
func (o *Outbox) Take(asOf time.Time, max int, lease time.Duration) ([]outbox.Record, time.Time, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.delayed) > 0 && !o.delayed[0].at.After(asOf) {
		heap.Push(&o.tried, heap.Pop(&o.delayed))
	}
	var records []outbox.Record
	for len(records) < max {
		e := o.nextLocked()
		if e == nil {
			break
		}
		e.at = asOf.Add(lease)
		o.leased[e.record.ID.Lo] = e
		records = append(records, e.record)
	}
	if len(records) == max {
		return records, time.Time{}, nil
	}
	return records, o.nextDueLocked(), nil
}

// nextLocked returns the due entry with the fewest attempts, the oldest among
// equals, or nil.
func (o *Outbox) nextLocked() *entry {
	fresh := o.fresh.peek()
	switch {
	case len(o.tried) > 0 && (fresh == nil || before(o.tried[0], fresh)):
		return heap.Pop(&o.tried).(*entry)
	case fresh != nil:
		return o.fresh.pop()
	}
	return nil
}

// nextDueLocked ignores leases: the one process that has this memory also has
// the leases, and settles each.
func (o *Outbox) nextDueLocked() time.Time {
	if len(o.delayed) == 0 {
		return time.Time{}
	}
	return o.delayed[0].at
}

// Settle implements outbox.Outbox.
func (o *Outbox) Settle(outcomes ...outbox.Outcome) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, out := range outcomes {
		e, ok := o.leased[out.ID.Lo]
		if !ok {
			continue
		}
		delete(o.leased, out.ID.Lo)
		if out.Remove {
			o.bytes -= int64(len(e.record.Body))
			continue
		}
		e.record.Attempts, e.at = out.Attempts, out.RetryAt
		heap.Push(&o.delayed, e)
	}
	return nil
}

// Len implements outbox.Outbox.
func (o *Outbox) Len() (int, outbox.ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lenLocked(), outbox.ID{Lo: o.lastID}
}

func (o *Outbox) lenLocked() int {
	return o.fresh.len() + len(o.tried) + len(o.delayed) + len(o.leased)
}

// Place implements outbox.Outbox.
func (o *Outbox) Place() string { return "memory" }

// Close implements outbox.Outbox.
func (o *Outbox) Close() ([]outbox.Record, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	var lost []outbox.Record
	for e := o.fresh.pop(); e != nil; e = o.fresh.pop() {
		lost = append(lost, e.record)
	}
	for _, e := range o.tried {
		lost = append(lost, e.record)
	}
	for _, e := range o.delayed {
		lost = append(lost, e.record)
	}
	for _, e := range o.leased {
		lost = append(lost, e.record)
	}
	o.tried, o.delayed, o.bytes = nil, nil, 0
	clear(o.leased)
	return lost, nil
}
