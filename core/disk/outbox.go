package bbdisk

import (
	"fmt"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// outbox is the store of an [Outbox]. All methods may be called concurrently.
type outbox struct {
	dir           string
	options       options
	sys           fileSystem
	clock         folderClock
	recovered     int    // events that Open found
	lastRecovered uint64 // and the last of their numbers

	// Locks are taken in this order. Put takes mu alone, and syncing where it
	// has to wait for the disk; mu is never held for that long.
	upkeep  sync.Mutex // held by Sync and Close
	syncing sync.Mutex // held while segments are synced, and while they are closed

	mu         sync.Mutex // guards what follows
	closed     bool
	held       file  // the lock of the folder; nil: it is not ours
	bytes      int64 // of pending bodies
	queue      *schedule.Schedule[place]
	log        journal
	reading    uint32 // number of the segment that was read last, if it is not written
	readFile   file   // its file; nil: none is open
	memory     memory
	writeErr   error // why events go to memory alone, until a Sync finds the disk well
	pendingErr error // a failure that the next Sync is to report
	lost       int   // of queue: what Close could not keep
}

type entry = schedule.Entry[place]

// place is what is known of a pending event without reading it.
type place struct {
	accepted time.Duration // on folderClock
	segment  uint32        // 0: in memory alone
	offset   uint32
	size     uint32 // of the record
}

func (p place) bodySize() int64 { return int64(p.size) - recordHead }

// Put implements store.Inbox. The event survives the end of the process once
// Put has returned, and with [WithFsync] that of the machine. While the folder
// cannot be written to, events are kept in memory.
func (o *outbox) Put(r store.Record) (store.ID, error) {
	id, err := o.put(r)
	if err == nil && o.options.Fsync {
		if failure := o.commit(); failure != nil { // the event is kept all the same
			o.mu.Lock()
			o.pendingErr = failure
			o.mu.Unlock()
		}
	}
	return id, err
}

func (o *outbox) put(r store.Record) (store.ID, error) {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return store.ID{}, store.ErrClosed
	}
	if !o.options.Bounds.Fits(o.queue.Len(), o.bytes, r) {
		return store.ID{}, store.ErrFull
	}
	e := entry{
		Seq:   o.log.seq + 1,
		Value: place{accepted: o.clock.at(now) - r.Age, size: recordHead + uint32(len(r.Body))},
	}
	if o.writeErr == nil {
		o.writeErr = o.writeLocked(&e, r)
	}
	if o.writeErr != nil && !o.memory.fits(r) {
		return store.ID{}, store.ErrFull
	}
	o.log.seq++
	o.bytes += int64(len(r.Body))
	o.queue.Add(e.Seq, e.Value)
	o.log.keep(e.Value)
	o.memory.add(e.Seq, r, o.writeErr != nil)
	return store.ID{Lo: e.Seq}, nil
}

// writeLocked appends an event, in the state that it has now, and sets its place.
// This is the only way in which an event gets into the log.
func (o *outbox) writeLocked(e *entry, r store.Record) error {
	before := len(o.log.unwritten)
	o.log.unwritten = appendFrame(o.log.unwritten, &record{
		kind: kindEvent, seq: e.Seq, at: e.Value.accepted,
		due: o.dueDate(e.Due), attempts: uint32(e.Attempts), sheddable: r.Sheddable,
		slot: r.Slot, date: r.Date, body: r.Body,
	})
	s, offset, err := o.log.write()
	if err != nil {
		o.log.unwritten = o.log.unwritten[:before]
		return err
	}
	e.Value.segment, e.Value.offset = s.number, offset+uint32(before)
	return nil
}

// dueDate returns when an event is due on folderClock; 0: at once.
func (o *outbox) dueDate(due time.Time) time.Duration {
	if due.IsZero() {
		return 0
	}
	return o.clock.at(due)
}

// moveLocked gives an event, if it waits still, the place that to has.
func (o *outbox) moveLocked(to entry) {
	if e, ok := o.queue.Find(to.Seq); ok {
		o.log.release(e.Value)
		o.log.keep(to.Value)
		o.queue.Set(to.Seq, to.Value)
	}
}

// Outcomes wait for the next write, up to unwrittenBytes. On a full disk they wait
// up to maxUnwritten; what is dropped then comes again after a restart.
const (
	unwrittenBytes = 4 << 10
	maxUnwritten   = 1 << 20
)

// Settle implements store.Source. An outcome holds in this process at once, and
// gets to disk with the next Put or Sync: a crash before that brings the event back.
func (o *outbox) Settle(out store.Outcome) error {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil
	}
	if e, ok := o.queue.Find(out.ID.Lo); ok && e.Leased && out.ID.Hi == 0 {
		o.settleLocked(e, out, now)
	}
	if int64(len(o.log.unwritten)) > min(unwrittenBytes, o.log.limit/8) {
		o.writeOutcomesLocked()
	}
	return nil
}

// writeOutcomesLocked writes what became of events since the last write.
func (o *outbox) writeOutcomesLocked() {
	if o.writeErr == nil && len(o.log.unwritten) > 0 {
		_, _, o.writeErr = o.log.write()
	}
	if len(o.log.unwritten) > maxUnwritten {
		o.log.unwritten = nil
	}
}

// settleLocked applies an outcome and adds its record to the log.
func (o *outbox) settleLocked(e entry, out store.Outcome, now time.Time) {
	r := record{kind: kindSettled, seq: e.Seq, at: o.clock.at(now)}
	if out.Remove {
		o.queue.Remove(e.Seq)
		o.bytes -= e.Value.bodySize()
		o.log.release(e.Value)
		o.memory.remove(e.Seq)
	} else {
		due := now.Add(out.RetryIn)
		o.queue.Retry(e.Seq, due, out.Free(now), out.Attempts)
		r.kind, r.attempts, r.due = kindRetry, uint32(out.Attempts), o.dueDate(due)
	}
	o.log.unwritten = appendFrame(o.log.unwritten, &r)
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
// on, and is written at the next Sync if anything waits for delivery.
func (o *outbox) Identify(fingerprint string) (previous string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	previous = o.log.fingerprint
	if fingerprint == previous || o.closed {
		return previous, nil
	}
	o.log.fingerprint = fingerprint
	if o.log.active != nil || o.queue.Len() > 0 {
		o.log.unwritten = appendFrame(o.log.unwritten, &record{kind: kindFingerprint, body: []byte(fingerprint)})
	}
	return previous, nil
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bbdisk: %w", err)
}
