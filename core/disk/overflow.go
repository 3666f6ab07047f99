package bbdisk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// overflow holds in memory what could not be written to disk. It is bounded by
// store.InMemory.
type overflow struct {
	records map[uint64]store.Record
	bytes   int64
}

func (v *overflow) add(seq uint64, r store.Record) bool {
	if !store.InMemory.Fits(len(v.records), v.bytes, r) {
		return false
	}
	if v.records == nil {
		v.records = make(map[uint64]store.Record)
	}
	v.records[seq] = r
	v.bytes += int64(len(r.Body))
	return true
}

func (v *overflow) remove(seq uint64) {
	v.bytes -= int64(len(v.records[seq].Body))
	delete(v.records, seq)
}

// oldestFirst returns the numbers of what is held.
func (v *overflow) oldestFirst() []uint64 { return slices.Sorted(maps.Keys(v.records)) }

// flushPart is how many bytes are written before a waiting Put gets its turn.
const flushPart = 256 << 10

// flushOverflow writes to disk what is held in memory, as far as it can, and
// returns all failures since the last call.
func (o *outbox) flushOverflow() (err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	pending, before := wrap(o.pendingErr), o.writeErr
	o.pendingErr, o.writeErr = nil, nil
	for o.flushPartLocked() {
		o.mu.Unlock()
		o.mu.Lock()
	}
	switch {
	case o.writeErr != nil:
		err = fmt.Errorf("bbdisk: %d events are kept in memory only: %w", len(o.overflow.records), o.writeErr)
	case before != nil:
		err = fmt.Errorf("bbdisk: it works again after: %w", before)
	}
	return errors.Join(pending, err)
}

// flushPartLocked writes a part of what is in memory, and reports whether to go
// on.
func (o *outbox) flushPartLocked() (more bool) {
	if o.writeErr != nil { // also of a Put since the last part
		return false
	}
	now, enough := time.Now(), o.log.written+flushPart
	for _, seq := range o.overflow.oldestFirst() {
		if o.log.written >= enough {
			return true
		}
		e, _ := o.queue.Find(seq)
		if o.writeErr = o.writeLocked(&e, o.overflow.records[seq], now); o.writeErr != nil {
			return false
		}
		o.queue.Set(seq, e.Value)
		o.overflow.remove(seq)
	}
	return false
}

// abandonOverflow gives up what is in memory only, and returns it oldest first.
func (o *outbox) abandonOverflow() (lost []store.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, seq := range o.overflow.oldestFirst() {
		e, _ := o.queue.Find(seq)
		r := o.overflow.records[seq]
		lost = append(lost, o.describe(e, r.Body, r.Sheddable))
	}
	o.overflow, o.lost = overflow{}, len(lost)
	return lost
}
