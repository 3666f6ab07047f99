package bbdisk

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
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

// compactibleLocked returns the segment to remove or, if it is still needed, to
// evacuate; nil: none.
func (o *outbox) compactibleLocked() *segment {
	s := o.log.oldest()
	useless := o.log.weight - o.log.live
	switch {
	case s == nil:
		return nil
	case s.live > 0 && (s.evacuated || o.paused || useless <= o.log.live+2*o.log.limit):
		return nil
	}
	return s
}

// compact keeps the folder small. It runs in the background of deliveries, one
// at a time: a call beside another returns at once.
func (o *outbox) compact() error {
	if !o.compacting.TryLock() {
		return nil
	}
	defer o.compacting.Unlock()
	for {
		o.mu.Lock()
		s := o.compactibleLocked()
		needed := s != nil && s.live > 0
		o.mu.Unlock()
		var err error
		switch {
		case s == nil:
			return nil
		case needed:
			err = o.evacuate(s)
		default:
			err = o.remove(s)
		}
		if err != nil {
			return err
		}
	}
}

// remove takes the oldest segment off the disk.
func (o *outbox) remove(s *segment) error {
	if err := o.commit(0); err != nil { // which closes its file
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

// copied is an event and where its copy is.
type copied struct {
	seq    uint64
	to     *segment
	offset uint32
}

// movedAtOnce is how many events change their places while a Put waits.
const movedAtOnce = 1000

// evacuate copies what is needed of a segment to the end of the log. Events stay
// in their old places until their copies are on disk. It holds syncing, so that
// an fsync of these that fails is its own.
func (o *outbox) evacuate(s *segment) (err error) {
	defer func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.paused = err != nil
		s.evacuated = err == nil // what cannot be read stays until it is taken and given up
	}()
	data, err := os.ReadFile(segmentPath(o.dir, s.number))
	if err != nil {
		return err
	}
	o.syncing.Lock()
	defer o.syncing.Unlock()
	var copies []copied
	for from := segmentHead; from < len(data); {
		var part []copied
		if part, from, err = o.copyPart(s, data, from); err != nil {
			return err
		}
		copies = append(copies, part...)
	}
	if err := o.commitLocked(everything); err != nil {
		return err
	}
	for part := range slices.Chunk(copies, movedAtOnce) {
		o.move(s, part)
	}
	return nil
}

// copyPart copies the events of a part of a segment, small enough for Put to
// wait for, and returns where the next part begins.
func (o *outbox) copyPart(s *segment, data []byte, from int) (copies []copied, next int, err error) {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
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
			copies = append(copies, copied{seq: r.seq, offset: uint32(len(o.frame))})
			o.frame = o.appendEvent(o.frame, e, store.Record{Body: r.body, Sheddable: r.sheddable}, now)
		}
		from += size
	}
	if len(copies) == 0 {
		return nil, from, nil
	}
	to, offset, err := o.log.append(o.frame)
	for i := range copies {
		copies[i].to, copies[i].offset = to, copies[i].offset+offset
	}
	return copies, from, err
}

// move gives the events of a segment that still wait their new places.
func (o *outbox) move(s *segment, copies []copied) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range copies {
		if e, ok := o.queue.Find(c.seq); ok && e.Value.segment == s.number {
			o.log.release(s.number, e.Value.size)
			o.log.keep(c.to, e.Value.size)
			e.Value.segment, e.Value.offset = c.to.number, c.offset
			o.queue.Set(c.seq, e.Value)
		}
	}
}
