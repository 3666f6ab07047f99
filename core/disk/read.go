package bbdisk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
)

// readable is what a reader needs of a segment.
type readable interface {
	io.ReaderAt
	io.Closer
}

// reader reads events back. It keeps open the segment that it read last:
// events are mostly taken in the order in which they were put.
type reader struct {
	dir string

	mu     sync.Mutex // guards what follows
	file   readable
	number uint32
	closed bool
}

// read returns the bytes at p. temporary: it may go better another time, as
// when the process has too many open files.
func (r *reader) read(p place) (b []byte, temporary bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, true, os.ErrClosed
	}
	if r.file == nil || r.number != p.segment {
		f, err := os.Open(segmentPath(r.dir, p.segment))
		if err != nil {
			return nil, !errors.Is(err, fs.ErrNotExist), err
		}
		r.closeLocked()
		r.file, r.number = f, p.segment
	}
	b = make([]byte, p.size)
	_, err = r.file.ReadAt(b, int64(p.offset))
	// A file that is too short stays so; an I/O error may pass.
	temporary = err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF)
	return b, temporary, err
}

// forget closes a segment that is about to be removed.
func (r *reader) forget(number uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.number == number {
		r.closeLocked()
	}
}

func (r *reader) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.closeLocked()
}

func (r *reader) closeLocked() {
	if r.file != nil {
		_ = r.file.Close() // only read from
		r.file = nil
	}
}

// load reads a leased event. What can never be read is returned with Err set,
// for the client to give up; an error means that it may go better later.
func (o *Outbox) load(e schedule.Entry[place]) (outbox.Record, error) {
	for {
		if e.Value.segment == 0 {
			if r, ok := o.fromSpare(e); ok {
				return r, nil
			}
		}
		r, temporary, err := o.fromSegment(e)
		if err == nil {
			return r, nil
		}
		current, ok := o.find(e.Seq)
		switch {
		case ok && current.Value != e.Value: // moved meanwhile, and its segment removed
			e.Value = current.Value
		case temporary:
			return outbox.Record{}, wrap(err)
		default:
			r := o.describe(e)
			r.Err = fmt.Errorf("bbdisk: %s at byte %d: %w", segmentName(e.Value.segment), e.Value.offset, err)
			return r, nil
		}
	}
}

func (o *Outbox) find(seq uint64) (schedule.Entry[place], bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queue.Find(seq)
}

func (o *Outbox) fromSpare(e schedule.Entry[place]) (outbox.Record, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r, ok := o.spare.records[e.Seq]
	r.Attempts = e.Attempts
	return r, ok
}

func (o *Outbox) fromSegment(e schedule.Entry[place]) (r outbox.Record, temporary bool, err error) {
	b, temporary, err := o.reader.read(e.Value)
	if err != nil {
		return outbox.Record{}, temporary, err
	}
	stored, _, err := parseFrame(b)
	switch {
	case err != nil:
		return outbox.Record{}, false, err
	case stored.kind != kindEvent || stored.seq != e.Seq:
		return outbox.Record{}, false, errBroken
	}
	r = o.describe(e)
	r.Key, r.Body, r.Low = stored.key, stored.body, stored.low
	return r, false, nil
}

// describe is what is known of an event without its bytes.
func (o *Outbox) describe(e schedule.Entry[place]) outbox.Record {
	return outbox.Record{
		ID:       outbox.ID{Lo: e.Seq},
		Accepted: o.epoch.Add(e.Value.accepted),
		Attempts: e.Attempts,
	}
}
