package bbdisk

import (
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
)

// Segments are removed oldest first, and in no other order: a record that an
// event is settled stays in the log for as long as the event does. Hence a
// removal is on disk before the next one begins.
//
// A segment of which nothing is needed any more goes. If a few events hold the
// oldest, they are copied to the end of the log and it goes too, but only
// while more than half of the log, and two segments beyond that, are of no use.
// So the log is at most twice what is needed plus two segments, each event is
// copied about once for as many bytes as are freed, and an event that stays
// for ever holds up nothing. A crash in between leaves an event twice, of
// which the later counts.

// compact keeps the folder small. All that was written before is on disk.
func (o *outbox) compact() (err error) {
	for err == nil {
		o.mu.Lock()
		s, useless, needed := o.log.oldest(), o.log.weight-o.log.live, false
		if s != nil && s.live > 0 {
			if needed = true; s.evacuated || useless <= o.log.live+2*o.log.limit {
				s = nil
			}
		}
		o.mu.Unlock()
		switch {
		case s == nil:
			return nil
		case needed:
			err = o.evacuate(s)
		default:
			err = o.remove(s)
		}
	}
	return err
}

// remove takes the oldest segment off the disk.
func (o *outbox) remove(s *segment) error {
	o.mu.Lock()
	if o.read == s {
		o.closeReadLocked() // Windows removes no file that is open
	}
	o.mu.Unlock()
	if err := o.sys.Remove(segmentPath(o.dir, s.number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	o.mu.Lock()
	o.log.drop()
	o.mu.Unlock()
	return o.sys.SyncDir(o.dir)
}

// evacuate copies what is needed of a segment to the end of the log. Events stay
// in their old places until their copies are on disk.
func (o *outbox) evacuate(s *segment) error {
	f, err := o.sys.Open(segmentPath(o.dir, s.number))
	if errors.Is(err, fs.ErrNotExist) {
		s.evacuated = true // what was in it is given up when it is taken
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	var moved []schedule.Entry[place]
	err = o.eachIn(s, f, func(e schedule.Entry[place], r record) error {
		err := o.writeLocked(&e, r.accepted(), time.Now())
		moved = append(moved, e)
		return err
	})
	if err == nil {
		err = o.commit(everything)
	}
	if err != nil {
		return err
	}
	for _, e := range moved {
		o.mu.Lock()
		o.moveLocked(e.Seq, e.Value)
		o.mu.Unlock()
	}
	s.evacuated = true // what cannot be read stays until it is taken and given up
	return nil
}

// eachIn calls do, with mu held, for each pending event that is in a segment.
func (o *outbox) eachIn(s *segment, src io.ReaderAt, do func(schedule.Entry[place], record) error) error {
	records, _, err := scan(src, s.number)
	for err == nil {
		var (
			r      record
			offset int64
		)
		if r, offset, _, err = records.record(); err != nil || r.kind != kindEvent {
			continue
		}
		o.mu.Lock()
		e, ok := o.queue.Find(r.seq)
		if ok && e.Value.segment == s.number && int64(e.Value.offset) == offset {
			err = do(e, r)
		}
		o.mu.Unlock()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
