package bbdisk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// What cannot be read now is left alone for a while, so that it does not hold
// up the rest. One Take tries about maxUnread of it, so that it ends soon.
const (
	unreadDelay = time.Minute
	maxUnread   = 1000
)

// Take implements store.Source. Leases do not end by time: the folder belongs
// to this process, which settles each. A crash ends all of them.
func (o *outbox) Take(limit int, early bool, _ time.Duration) (records []store.Record, wait time.Duration, err error) {
	var unread []schedule.Entry[place]
	for len(records) == 0 && len(unread) < maxUnread {
		var leased []schedule.Entry[place]
		leased, wait = o.lease(limit, early)
		for _, e := range leased {
			r, problem := o.load(e)
			if problem != nil {
				unread, err = append(unread, e), problem
				continue
			}
			records = append(records, r)
		}
		if len(leased) == 0 {
			break
		}
	}
	switch o.postpone(unread); {
	case len(unread) == 0:
		return records, wait, nil
	case len(records) == 0:
		return nil, 0, err
	}
	return records, time.Nanosecond, nil // more may be due
}

func (o *outbox) lease(limit int, early bool) (leased []schedule.Entry[place], wait time.Duration) {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, 0
	}
	return o.queue.Lease(now, limit, early)
}

func (o *outbox) postpone(leased []schedule.Entry[place]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range leased {
		o.queue.Retry(e.Seq, time.Now().Add(unreadDelay), e.Attempts)
	}
}

// load reads a leased event. One that can never be read is returned with Err
// set, for the client to give up; an error means that it may be readable later.
func (o *outbox) load(e schedule.Entry[place]) (store.Record, error) {
	for {
		r, written, ok := o.look(&e)
		if ok {
			return o.describe(e, r.Body, r.Sheddable), nil
		}
		stored, err := o.read(e, written)
		if err == nil {
			return o.describe(e, stored.body, stored.sheddable), nil
		}
		now := e
		_, writtenNow, _ := o.look(&now)
		switch {
		case now.Value != e.Value || writtenNow != written: // moved meanwhile, and its file closed
		case errors.Is(err, io.EOF), errors.Is(err, errBroken), errors.Is(err, fs.ErrNotExist) && !o.isAway():
			r := o.describe(e, nil, false)
			r.Err = fmt.Errorf("bbdisk: %s at byte %d: %w", segmentPath("", e.Value.segment), e.Value.offset, err)
			return r, nil
		default: // it may pass, as too many open files do
			return store.Record{}, wrap(err)
		}
	}
}

// look returns a leased event if it is in memory, or else the file that has it,
// if that is open. It sets the place that the event has now.
func (o *outbox) look(e *schedule.Entry[place]) (r store.Record, written file, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now, ok := o.queue.Find(e.Seq); ok {
		e.Value = now.Value
	}
	if r, ok = o.recent.find(e.Seq); !ok {
		r, ok = o.overflow.records[e.Seq]
	}
	if s := o.log.find(e.Value.segment); s != nil {
		written = s.file
	}
	return r, written, ok
}

// read reads an event from its segment.
func (o *outbox) read(e schedule.Entry[place], written file) (r record, err error) {
	b := make([]byte, e.Value.size)
	if written != nil {
		_, err = written.ReadAt(b, int64(e.Value.offset))
	} else {
		err = o.reader.read(b, e.Value)
	}
	if err != nil {
		return record{}, err
	}
	r, _, err = parseFrame(b)
	if err != nil || r.kind != kindEvent || r.seq != e.Seq {
		return record{}, errBroken
	}
	return r, nil
}

// describe returns the record of an event in the state it has now.
func (o *outbox) describe(e schedule.Entry[place], body []byte, sheddable bool) store.Record {
	return store.Record{
		ID: store.ID{Lo: e.Seq}, Body: body, Age: o.clock.at(time.Now()) - e.Value.accepted,
		Attempts: e.Attempts, Sheddable: sheddable, Recovered: e.Seq <= o.lastRecovered,
	}
}

// reader reads from segments that are not written any more. It keeps open the one
// that it read last: events are mostly taken in the order in which they were put.
type reader struct {
	sys fileSystem
	dir string

	mu     sync.Mutex // guards what follows
	file   file
	number uint32
	closed bool
}

// read fills b from p on.
func (r *reader) read(b []byte, p place) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return os.ErrClosed
	}
	if r.file == nil || r.number != p.segment {
		f, err := r.sys.Open(segmentPath(r.dir, p.segment))
		if err != nil {
			return err
		}
		r.closeLocked()
		r.file, r.number = f, p.segment
	}
	_, err := r.file.ReadAt(b, int64(p.offset))
	return err
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
