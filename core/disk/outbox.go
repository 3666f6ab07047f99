package bbdisk

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// outbox is the store of an [Outbox]. All methods may be called concurrently.
type outbox struct {
	dir           string
	options       options
	lock          io.Closer // the folder is ours
	recovered     int       // events that Open found
	lastRecovered uint64    // and the last of their numbers
	skipped       int64     // bytes that Open found written in part
	epoch         time.Time // what place.accepted counts from
	reader        reader

	// Locks are taken in this order. Put takes mu alone, and syncing where it
	// has to wait for the disk; mu is never held for that long.
	compacting sync.Mutex // held while segments are evacuated and removed
	syncing    sync.Mutex // guards synced
	synced     uint64     // position in the log that is on disk

	mu         sync.Mutex // guards what follows
	closed     bool
	bytes      int64 // of pending bodies
	queue      *schedule.Schedule[place]
	log        journal
	frame      []byte   // scratch
	overflow   overflow // what could not be written
	writeErr   error    // why Put uses overflow, until a Sync finds the disk well
	pendingErr error    // a failure that the next Sync is to report
	paused     bool     // evacuating failed: not again before a Sync without an error
	lost       int      // of queue: what Close could not keep
}

// place is what is known of a pending event without reading it.
type place struct {
	accepted time.Duration // since epoch, so that a clock that jumps does not age it
	segment  uint32        // 0: in overflow
	offset   uint32
	size     uint32 // of the record
}

func (p place) bodySize() int64 { return int64(p.size) - eventHead }

// Put implements store.Inbox. The event survives the end of the process once
// Put has returned, and with [WithFsync] that of the machine. While the folder
// cannot be written to, events are kept in memory.
func (o *outbox) Put(r store.Record) (store.ID, error) {
	id, position, err := o.put(r)
	if err == nil && o.options.fsync {
		o.deferError(o.commit(position)) // the event is kept all the same
	}
	return id, err
}

func (o *outbox) put(r store.Record) (id store.ID, position uint64, err error) {
	if len(r.Body) > maxBody {
		return store.ID{}, 0, fmt.Errorf("bbdisk: an event of %d bytes is too large", len(r.Body))
	}
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return store.ID{}, 0, store.ErrClosed
	}
	if !o.options.bounds.Fits(o.queue.Len(), o.bytes, r) {
		return store.ID{}, 0, store.ErrFull
	}
	e := schedule.Entry[place]{
		Seq:   o.log.seq + 1,
		Value: place{accepted: now.Sub(o.epoch) - r.Age, size: eventHead + uint32(len(r.Body))},
	}
	if o.writeErr == nil {
		o.writeErr = o.writeLocked(&e, r, now)
	}
	if o.writeErr != nil && !o.overflow.add(e.Seq, r) {
		return store.ID{}, 0, store.ErrFull
	}
	o.log.seq++
	o.bytes += int64(len(r.Body))
	o.queue.Add(e.Seq, e.Value)
	return store.ID{Lo: e.Seq}, o.log.written, nil
}

// writeLocked appends a pending event and sets its place.
func (o *outbox) writeLocked(e *schedule.Entry[place], r store.Record, now time.Time) error {
	o.frame = o.appendEvent(o.frame[:0], *e, r, now)
	s, offset, err := o.log.append(o.frame)
	if err != nil {
		return err
	}
	o.log.keep(s, e.Value.size)
	e.Value.segment, e.Value.offset = s.number, offset
	return nil
}

// appendEvent appends the record of an event, in the state it has now, to b.
func (o *outbox) appendEvent(b []byte, e schedule.Entry[place], r store.Record, now time.Time) []byte {
	return appendFrame(b, &record{
		kind: kindEvent, seq: e.Seq, accepted: date(now, e.Value.accepted-now.Sub(o.epoch)),
		due: dueDate(now, e.Due), attempts: uint32(e.Attempts), sheddable: r.Sheddable, body: r.Body,
	})
}

// Settle implements store.Source. An outcome holds in this process even if it
// cannot be written, which Sync reports; after a restart the event comes again.
func (o *outbox) Settle(outcomes ...store.Outcome) error {
	if o.settle(outcomes) {
		o.deferError(o.compact())
	}
	return nil
}

// settle reports whether there is something to compact.
func (o *outbox) settle(outcomes []store.Outcome) bool {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.frame = o.frame[:0]
	for _, out := range outcomes {
		if e, ok := o.queue.Leased(out.ID.Lo); ok && out.ID.Hi == 0 {
			o.settleLocked(e, out, now)
		}
	}
	if len(o.frame) > 0 {
		if _, _, err := o.log.append(o.frame); err != nil {
			o.pendingErr = err
		}
	}
	return o.compactibleLocked() != nil
}

// settleLocked applies an outcome and adds its record to o.frame, if the log
// needs one.
func (o *outbox) settleLocked(e schedule.Entry[place], out store.Outcome, now time.Time) {
	if out.Remove {
		o.queue.Remove(e.Seq)
		o.bytes -= e.Value.bodySize()
		if e.Value.segment == 0 {
			o.overflow.remove(e.Seq)
			return
		}
		o.log.release(e.Value.segment, e.Value.size)
		o.frame = appendFrame(o.frame, &record{kind: kindSettled, seq: e.Seq})
		return
	}
	due := now.Add(out.RetryIn)
	o.queue.Retry(e.Seq, due, out.Attempts)
	if e.Value.segment == 0 || out.Attempts == e.Attempts && out.RetryIn <= 0 {
		return // nothing that a restart would have to know
	}
	o.frame = appendFrame(o.frame, &record{
		kind: kindRetry, seq: e.Seq, attempts: uint32(out.Attempts), due: dueDate(now, due),
	})
}

// Len implements store.Inbox.
func (o *outbox) Len() (int, store.ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queue.Len() - o.lost, store.ID{Lo: o.log.seq}
}

// Flow implements store.Store.
func (o *outbox) Flow() store.Flow {
	n, _ := o.Len()
	return store.Flow{Pending: n, Recovered: uint64(o.recovered)}
}

// Name implements store.Store.
func (o *outbox) Name() string { return "disk" }

// Identify implements store.Store. The fingerprint begins every segment from now
// on; it is written at once if anything waits for delivery. Sync reports a
// failure of that.
func (o *outbox) Identify(fingerprint string) (previous string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	previous = o.log.fingerprint
	if fingerprint == previous || o.closed {
		return previous, nil
	}
	o.log.fingerprint = fingerprint
	switch {
	case o.log.active != nil:
		_, _, err = o.log.append(appendFrame(nil, &record{kind: kindFingerprint, fingerprint: fingerprint}))
	case o.queue.Len() > 0:
		_, _, err = o.log.begin(nil)
	}
	if err != nil {
		o.pendingErr = err
	}
	return previous, nil
}

// deferError keeps a failure, if there is one, for the next Sync to report.
func (o *outbox) deferError(err error) {
	if err == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pendingErr = err
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bbdisk: %w", err)
}
