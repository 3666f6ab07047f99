package bbdisk

import (
	"errors"
	"io/fs"
	"os"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
)

// Segments are removed oldest first, and in no other order: a record that an
// event is settled stays in the log for as long as the event does.
//
// A segment of which nothing is needed any more goes. If a few events hold the
// oldest, they are copied to the end of the log and it goes too, but only
// while more than half of the log, and two segments beyond that, are of no use.
// So the log is at most twice what is needed plus two segments, each event is
// copied about once for as many bytes as are freed, and an event that stays
// for ever holds up nothing. A crash in between leaves an event twice, of
// which the later counts.

// untidyLocked returns the segment to remove or, if it is still needed, to
// empty; nil: none.
func (o *Outbox) untidyLocked() *segment {
	s := o.log.oldest()
	useless := o.log.weight - o.log.live
	switch {
	case s == nil:
		return nil
	case s.live > 0 && (s.moved || o.trouble != nil || useless <= o.log.live+2*o.log.limit):
		return nil
	}
	return s
}

// tidy keeps the folder small. It runs in the background of deliveries, one at
// a time: whoever finds it running need not wait.
func (o *Outbox) tidy() error {
	if !o.tidying.TryLock() {
		return nil
	}
	defer o.tidying.Unlock()
	for {
		o.mu.Lock()
		s := o.untidyLocked()
		needed := s != nil && s.live > 0
		o.mu.Unlock()
		var err error
		switch {
		case s == nil:
			return nil
		case needed:
			err = o.empty(s)
		default:
			err = o.remove(s)
		}
		if err != nil {
			return err
		}
	}
}

// remove takes the oldest segment off the disk.
func (o *Outbox) remove(s *segment) error {
	if err := o.commit(s.safeAt); err != nil {
		return err
	}
	o.reader.forget(s.number)
	if err := os.Remove(segmentPath(o.dir, s.number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.log.drop()
	return nil
}

// empty copies what is needed of a segment to the end of the log.
func (o *Outbox) empty(s *segment) error {
	data, err := os.ReadFile(segmentPath(o.dir, s.number))
	if err != nil {
		return err
	}
	for from := segmentHead; from < len(data); {
		if from, err = o.move(s, data, from); err != nil {
			return err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s.moved = true // what cannot be read stays until it is taken and given up
	return nil
}

// move copies the events of a part of a segment, small enough for Put to wait
// for, and returns where the next part begins.
func (o *Outbox) move(s *segment, data []byte, from int) (next int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var moved []schedule.Entry[place]
	o.frame = o.frame[:0]
	for end := min(from+int(o.log.limit/32), len(data)); from < end; {
		r, size, err := parseFrame(data[from:])
		if err != nil {
			if from = nextFrame(data, from+1); from < 0 {
				from = len(data)
			}
			continue
		}
		e, ok := o.queue.Find(r.seq)
		if ok && r.kind == kindEvent && e.Value.segment == s.number && int(e.Value.offset) == from {
			e.Value.offset = uint32(len(o.frame))
			moved = append(moved, e)
			r.attempts, r.due = uint32(e.Attempts), wallClock(e.Due)
			o.frame = appendFrame(o.frame, &r)
		}
		from += size
	}
	if len(moved) == 0 {
		return from, nil
	}
	to, offset, err := o.log.append(o.frame)
	if err != nil {
		o.trouble = err // so that this waits for the next Sync too
		return from, err
	}
	for _, e := range moved {
		o.log.release(s.number, e.Value.size)
		e.Value.segment, e.Value.offset = to.number, e.Value.offset+offset
		o.log.keep(to, e.Value.size)
		o.queue.Set(e.Seq, e.Value)
	}
	s.safeAt = o.log.written
	return from, nil
}
