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
// store.InMemory, and by a segment whose file was deleted.
type overflow struct {
	records map[uint64]store.Record
	bytes   int64
}

func (v *overflow) fits(r store.Record) bool {
	return store.InMemory.Fits(len(v.records), v.bytes, r)
}

func (v *overflow) add(seq uint64, r store.Record) {
	if v.records == nil {
		v.records = make(map[uint64]store.Record)
	}
	v.records[seq] = r
	v.bytes += int64(len(r.Body))
}

func (v *overflow) remove(seq uint64) {
	v.bytes -= int64(len(v.records[seq].Body))
	delete(v.records, seq)
}

// oldestFirst returns the numbers of what is held.
func (v *overflow) oldestFirst() []uint64 { return slices.Sorted(maps.Keys(v.records)) }

// flush writes to disk what is held in memory, as far as it can, and returns all
// failures since the last call. away says why nothing can be written.
func (o *outbox) flush(away error) (err error) {
	o.mu.Lock()
	err = o.pendingErr
	o.pendingErr, o.writeErr = nil, away
	o.writeOutcomesLocked()
	numbers := o.overflow.oldestFirst()
	o.mu.Unlock()
	for _, seq := range numbers {
		if !o.flushOne(seq) {
			break
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writeErr != nil {
		err = errors.Join(err, fmt.Errorf("the folder cannot be written to, %s kept in memory only: %w", store.Events(len(o.overflow.records)), o.writeErr))
	}
	return err
}

// flushOne writes an event that is in memory, and reports whether to go on.
func (o *outbox) flushOne(seq uint64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writeErr != nil { // also of a Put meanwhile
		return false
	}
	r, ok := o.overflow.records[seq]
	if !ok { // settled meanwhile
		return true
	}
	e, _ := o.queue.Find(seq)
	if o.writeErr = o.writeLocked(&e, r, time.Now()); o.writeErr == nil {
		o.moveLocked(seq, e.Value)
		o.overflow.remove(seq)
	}
	return o.writeErr == nil
}

// abandonOverflow gives up what is in memory only, and returns it oldest first.
func (o *outbox) abandonOverflow() (lost []store.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, seq := range o.overflow.oldestFirst() {
		e, _ := o.queue.Find(seq)
		lost = append(lost, o.describe(e, o.overflow.records[seq]))
	}
	o.overflow, o.lost = overflow{}, len(lost)
	return lost
}
