package bbdisk

import (
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
)

// Outbox keeps events in a folder until they are delivered. Make one with
// [Open] and give it to bb.Config.Outbox: the client then owns it and closes
// it. All methods may be called concurrently.
type Outbox struct {
	dir      string
	options  options
	lock     io.Closer // the folder is ours
	recovery Recovery
	epoch    time.Time // what place.accepted counts from
	reader   reader

	// Locks are taken in this order. Put takes mu alone, and syncing where it
	// has to wait for the disk; mu is never held for that long.
	tidying sync.Mutex // held while segments are emptied and removed
	syncing sync.Mutex // guards synced
	synced  uint64     // position in the log that is on disk

	refreshed time.Time // guarded by tidying: when doubtful segments were last copied on

	mu      sync.Mutex // guards what follows
	closed  bool
	bytes   int64 // of pending bodies
	queue   *schedule.Schedule[place]
	log     journal
	frame   []byte // scratch
	spare   spare  // what could not be written
	trouble error  // why Put uses spare, until a Sync finds the disk well
	unsaid  error  // a failure that the next Sync is to report
	lost    int    // of queue: what Close could not keep
}

// place is what is known of a pending event without reading it.
type place struct {
	accepted time.Duration // since epoch, so that a clock that jumps does not age it
	segment  uint32        // 0: in spare
	offset   uint32
	size     uint32 // of the record
	body     uint32 // bytes of the body
}

// Put implements outbox.Outbox. The event survives the end of the process once
// Put has returned, and with [WithFsync] that of the machine. While the folder
// cannot be written to, events are kept in memory.
func (o *Outbox) Put(r outbox.Record) (outbox.ID, error) {
	id, position, err := o.put(r)
	if err == nil && o.options.fsync {
		o.note(o.commit(position)) // the event is kept all the same
	}
	return id, err
}

func (o *Outbox) put(r outbox.Record) (id outbox.ID, position uint64, err error) {
	if len(r.Key) > math.MaxUint16 || eventFrameSize(r.Key, r.Body)-frameHead > maxContent {
		return outbox.ID{}, 0, fmt.Errorf("bbdisk: an event of %d bytes with a key of %d is too large", len(r.Body), len(r.Key))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return outbox.ID{}, 0, outbox.ErrClosed
	}
	if !o.options.bounds.Admit(o.queue.Len(), o.bytes, r) {
		return outbox.ID{}, 0, outbox.ErrFull
	}
	r.ID = outbox.ID{Lo: o.log.seq + 1}
	p := place{accepted: r.Accepted.Sub(o.epoch), body: uint32(len(r.Body))}
	if o.trouble == nil {
		o.trouble = o.writeLocked(&p, &record{
			kind: kindEvent, seq: r.ID.Lo, accepted: r.Accepted.UnixNano(),
			low: r.Low, key: r.Key, body: r.Body,
		})
	}
	if o.trouble != nil && !o.spare.add(r) {
		return outbox.ID{}, 0, outbox.ErrFull
	}
	o.log.seq++
	o.bytes += int64(len(r.Body))
	o.queue.Add(o.log.seq, p)
	return r.ID, o.log.written, nil
}

// writeLocked appends an event and notes where it is.
func (o *Outbox) writeLocked(p *place, r *record) error {
	o.frame = appendFrame(o.frame[:0], r)
	s, offset, err := o.log.append(o.frame)
	if err != nil {
		return err
	}
	p.segment, p.offset, p.size = s.number, offset, uint32(len(o.frame))
	o.log.keep(s, p.size)
	return nil
}

// Take implements outbox.Outbox. Leases do not end by time: the folder belongs
// to this process, which settles each. A crash ends all of them.
func (o *Outbox) Take(asOf time.Time, max int, _ time.Duration) (records []outbox.Record, next time.Time, err error) {
	var failed []schedule.Entry[place]
	for len(records) == 0 && len(failed) < maxUnread {
		var leased []schedule.Entry[place]
		leased, next = o.lease(asOf, max)
		for _, e := range leased {
			r, problem := o.load(e)
			if problem != nil {
				failed, err = append(failed, e), problem
				continue
			}
			records = append(records, r)
		}
		if len(leased) == 0 {
			break
		}
	}
	switch o.postpone(failed); {
	case len(failed) == 0:
		return records, next, nil
	case len(records) == 0:
		return nil, time.Time{}, err
	}
	return records, asOf, nil
}

// What cannot be read now is left alone for a while, so that it does not hold
// up the rest. One Take tries about maxUnread of it, so that it ends soon.
const (
	unreadDelay = time.Minute
	maxUnread   = 1000
)

func (o *Outbox) lease(asOf time.Time, max int) (leased []schedule.Entry[place], next time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.closed && len(leased) < max {
		e, ok := o.queue.Take(asOf)
		if !ok {
			return leased, o.queue.Next()
		}
		leased = append(leased, e)
	}
	return leased, time.Time{}
}

func (o *Outbox) postpone(leased []schedule.Entry[place]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range leased {
		o.queue.Retry(e.Seq, time.Now().Add(unreadDelay), e.Attempts)
	}
}

// Settle implements outbox.Outbox. An outcome holds in this process even if it
// cannot be written, which Sync reports; after a restart the event comes again.
func (o *Outbox) Settle(out outbox.Outcome) error {
	if untidy := o.settle(out); untidy {
		o.note(o.tidy())
	}
	return nil
}

func (o *Outbox) settle(out outbox.Outcome) (untidy bool) {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.frame = o.frame[:0]
	if e, ok := o.queue.Leased(out.ID.Lo); ok && out.ID.Hi == 0 {
		o.settleLocked(e, out, now)
	}
	if len(o.frame) > 0 {
		if _, _, err := o.log.append(o.frame); err != nil {
			o.unsaid = err
		}
	}
	return o.untidyLocked() != nil
}

// settleLocked applies an outcome and adds its record to o.frame, if the log
// needs one.
func (o *Outbox) settleLocked(e schedule.Entry[place], out outbox.Outcome, now time.Time) {
	if out.Remove {
		o.queue.Remove(e.Seq)
		o.bytes -= int64(e.Value.body)
		if e.Value.segment == 0 {
			o.spare.remove(e.Seq)
			return
		}
		o.log.release(e.Value.segment, e.Value.size)
		o.frame = appendFrame(o.frame, &record{kind: kindSettled, seq: e.Seq})
		return
	}
	o.queue.Retry(e.Seq, out.RetryAt, out.Attempts)
	if e.Value.segment == 0 || out.Attempts == e.Attempts && !out.RetryAt.After(now) {
		return // nothing that a restart would have to know
	}
	o.frame = appendFrame(o.frame, &record{
		kind: kindRetry, seq: e.Seq, attempts: uint32(out.Attempts), due: out.RetryAt.UnixNano(),
	})
}

// Len implements outbox.Outbox.
func (o *Outbox) Len() (int, outbox.ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queue.Len() - o.lost, outbox.ID{Lo: o.log.seq}
}

// Place implements outbox.Outbox.
func (o *Outbox) Place() string { return "disk" }

// Identify implements outbox.Outbox. The mark begins every segment from now
// on; it is written at once if anything waits for delivery. A failure of that
// is for Sync to report.
func (o *Outbox) Identify(mark string) (previous string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	previous = o.log.mark
	if mark == previous || o.closed {
		return previous, nil
	}
	o.log.mark = mark
	switch {
	case o.log.active != nil:
		_, _, err = o.log.append(appendFrame(nil, &record{kind: kindMark, body: []byte(mark)}))
	case o.queue.Len() > 0:
		_, _, err = o.log.begin(nil)
	}
	if err != nil {
		o.unsaid = err
	}
	return previous, nil
}

// note keeps a failure for the next Sync, which may say that all is well
// itself.
func (o *Outbox) note(err error) {
	if err == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unsaid = err
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bbdisk: %w", err)
}
