// Package memory is the outbox that holds events in memory.
package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
)

// Outbox keeps records in memory. What it holds is lost with the process.
type Outbox struct {
	bounds outbox.Bounds

	mu     sync.Mutex // guards what follows
	closed bool
	lastID uint64
	bytes  int64
	queue  *schedule.Schedule[outbox.Record]
}

// New returns an Outbox that holds at most what bounds allow.
func New(bounds outbox.Bounds) *Outbox {
	return &Outbox{bounds: bounds, queue: schedule.New[outbox.Record](time.Now())}
}

// Put implements outbox.Outbox.
func (o *Outbox) Put(r outbox.Record) (outbox.ID, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return outbox.ID{}, outbox.ErrClosed
	}
	if !o.bounds.Admit(o.queue.Len(), o.bytes, r) {
		return outbox.ID{}, outbox.ErrFull
	}
	o.lastID++
	r.ID = outbox.ID{Lo: o.lastID}
	o.bytes += int64(len(r.Body))
	o.queue.Add(o.lastID, r)
	return r.ID, nil
}

// Shared implements outbox.Outbox.
func (o *Outbox) Shared() bool { return false }

// Sync implements outbox.Outbox: memory is as safe as it gets.
func (o *Outbox) Sync(context.Context) ([]outbox.ID, error) { return nil, nil }

// SyncAfter implements outbox.Outbox.
func (o *Outbox) SyncAfter() time.Duration { return 0 }

// Identify implements outbox.Outbox: there is nothing from before.
func (o *Outbox) Identify(string) (string, error) { return "", nil }

// Take implements outbox.Outbox. Leases do not end by time: the one process
// that has this memory also has the leases, and settles each.
func (o *Outbox) Take(asOf time.Time, max int, _ time.Duration) ([]outbox.Record, time.Time, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var records []outbox.Record
	for len(records) < max {
		e, ok := o.queue.Take(asOf)
		if !ok {
			return records, o.queue.Next(), nil
		}
		records = append(records, record(e))
	}
	return records, time.Time{}, nil
}

func record(e schedule.Entry[outbox.Record]) outbox.Record {
	e.Value.Attempts = e.Attempts
	return e.Value
}

// Settle implements outbox.Outbox.
func (o *Outbox) Settle(out outbox.Outcome) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	e, ok := o.queue.Leased(out.ID.Lo)
	switch {
	case !ok || e.Value.ID != out.ID:
	case out.Remove:
		o.queue.Remove(e.Seq)
		o.bytes -= int64(len(e.Value.Body))
	default:
		o.queue.Retry(e.Seq, out.RetryAt, out.Attempts)
	}
	return nil
}

// Len implements outbox.Outbox.
func (o *Outbox) Len() (int, outbox.ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queue.Len(), outbox.ID{Lo: o.lastID}
}

// Place implements outbox.Outbox.
func (o *Outbox) Place() string { return "memory" }

// Close implements outbox.Outbox. What is lost comes oldest first.
func (o *Outbox) Close() ([]outbox.Record, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	var lost []outbox.Record
	for e := range o.queue.All() {
		lost = append(lost, record(e))
	}
	slices.SortFunc(lost, func(a, b outbox.Record) int { return int(a.ID.Lo) - int(b.ID.Lo) })
	o.queue, o.bytes = schedule.New[outbox.Record](time.Now()), 0
	return lost, nil
}
