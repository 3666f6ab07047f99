package bbdisk

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// spare holds in memory what could not be written to disk.
type spare struct {
	records map[uint64]outbox.Record
	bytes   int64
}

// spareBounds are those of the memory outbox.
var spareBounds = outbox.Bounds{Events: 10_000, Bytes: 16 << 20}

func (s *spare) add(r outbox.Record) bool {
	if !spareBounds.Admit(len(s.records), s.bytes, r) {
		return false
	}
	if s.records == nil {
		s.records = make(map[uint64]outbox.Record)
	}
	s.records[r.ID.Lo] = r
	s.bytes += int64(len(r.Body))
	return true
}

func (s *spare) remove(seq uint64) {
	s.bytes -= int64(len(s.records[seq].Body))
	delete(s.records, seq)
}

// oldestFirst returns the numbers of what is held.
func (s *spare) oldestFirst() []uint64 { return slices.Sorted(maps.Keys(s.records)) }

// rescueStep is how many bytes are written before a waiting Put gets its turn.
const rescueStep = 256 << 10

// rescue writes to disk what is held in memory, as far as it can. It returns
// all trouble there was since the last time, and how far the log goes.
func (o *Outbox) rescue() (position uint64, trouble error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	unsaid, before := wrap(o.unsaid), o.trouble
	o.unsaid, o.trouble = nil, nil
	for o.rescueSomeLocked() {
		o.mu.Unlock()
		o.mu.Lock()
	}
	return o.log.written, errors.Join(unsaid, o.tellLocked(before))
}

// rescueLocked is rescue for Close, after which no Put waits.
func (o *Outbox) rescueLocked() error {
	before := o.trouble
	o.trouble = nil
	for o.rescueSomeLocked() {
	}
	return o.tellLocked(before)
}

// rescueSomeLocked writes a part of what is in memory, and reports whether to
// go on.
func (o *Outbox) rescueSomeLocked() (more bool) {
	if o.trouble != nil { // also of a Put since the last part
		return false
	}
	enough := o.log.written + rescueStep
	for _, seq := range o.spare.oldestFirst() {
		if o.log.written >= enough {
			return true
		}
		if o.trouble = o.rewriteLocked(seq, o.spare.records[seq]); o.trouble != nil {
			return false
		}
		o.spare.remove(seq)
	}
	return false
}

// tellLocked says what is left in memory, or what there was before.
func (o *Outbox) tellLocked(before error) error {
	switch {
	case o.trouble != nil:
		return fmt.Errorf("bbdisk: %d events are kept in memory only: %w", len(o.spare.records), o.trouble)
	case before != nil:
		return fmt.Errorf("bbdisk: it works again after: %w", before)
	}
	return nil
}

// rewriteLocked writes a pending event once more, in the state it has now.
func (o *Outbox) rewriteLocked(seq uint64, r outbox.Record) error {
	e, ok := o.queue.Find(seq)
	if !ok {
		return nil
	}
	if err := o.writeLocked(&e.Value, &record{
		kind: kindEvent, seq: seq, accepted: r.Accepted.UnixNano(),
		due: wallClock(e.Due), attempts: uint32(e.Attempts), low: r.Low, key: r.Key, body: r.Body,
	}); err != nil {
		return err
	}
	o.queue.Set(seq, e.Value)
	return nil
}

// abandonLocked gives up what is in memory only, and returns it oldest first.
func (o *Outbox) abandonLocked() (lost []outbox.Record) {
	for _, seq := range o.spare.oldestFirst() {
		r := o.spare.records[seq]
		if e, ok := o.queue.Find(seq); ok {
			r.Attempts = e.Attempts
		}
		lost = append(lost, r)
	}
	o.spare = spare{}
	return lost
}
