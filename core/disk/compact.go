package bbdisk

import (
	"errors"
	"io"
	"io/fs"
	"slices"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
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
		var s *segment
		if len(o.log.segments) > 0 {
			s = o.log.segments[0]
		}
		written, needed := s == nil || s.file != nil, s != nil && s.live > 0
		useful := needed && (s.evacuated || o.closed || !o.log.isWasteful())
		o.mu.Unlock()
		switch {
		case written, useful:
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
	if o.reading == s.number {
		o.closeReadLocked() // Windows removes no file that is open
	}
	o.mu.Unlock()
	if err := o.sys.Remove(segmentPath(o.dir, s.number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	o.mu.Lock()
	o.log.segments = slices.Delete(o.log.segments, 0, 1)
	o.mu.Unlock()
	return o.sys.SyncDir(o.dir)
}

// evacuate copies what is needed of a segment to the end of the log. Events stay
// in their old places until their copies are on disk. What cannot be read stays
// until it is taken and given up.
func (o *outbox) evacuate(s *segment) error {
	f, err := o.sys.Open(segmentPath(o.dir, s.number))
	if errors.Is(err, fs.ErrNotExist) {
		s.evacuated = true
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	var moved []entry
	err = o.eachIn(s, f, func(e entry, r store.Record) error {
		err := o.writeLocked(&e, r)
		moved = append(moved, e)
		return err
	})
	if err == nil {
		err = o.commit()
	}
	if err != nil {
		return err
	}
	for _, e := range moved {
		o.mu.Lock()
		o.moveLocked(e)
		o.mu.Unlock()
	}
	s.evacuated = true
	return nil
}

// eachIn calls do, with mu held, for each pending event that is in a segment. Its
// body is good until do returns.
func (o *outbox) eachIn(s *segment, src io.ReaderAt, do func(entry, store.Record) error) (err error) {
	records := scan(src, s.number)
	for err == nil && records.next() {
		o.mu.Lock()
		e, ok := o.queue.Find(records.record.seq)
		if ok && records.record.kind == kindEvent && e.Value.segment == s.number && e.Value.offset == records.offset {
			err = do(e, records.record.accepted())
		}
		o.mu.Unlock()
	}
	return errors.Join(err, records.err)
}
