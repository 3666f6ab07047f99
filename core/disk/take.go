package bbdisk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// What cannot be read now is left alone for a while, so that it does not hold
// up the rest. One Take tries at most maxUnread of it, so that it ends soon.
const (
	unreadDelay = time.Minute
	maxUnread   = 1000
)

// Take implements store.Source. Leases do not end by time: the folder belongs
// to this process, which settles each. A crash ends all of them.
func (o *outbox) Take(early bool, _ time.Duration) (r store.Record, found bool, wait time.Duration, err error) {
	for unread := range maxUnread {
		e, found, wait := o.lease(early && unread == 0)
		if !found {
			return store.Record{}, false, wait, err
		}
		if r, err = o.load(e); err == nil {
			return r, true, 0, nil
		}
		_ = o.Settle(store.Outcome{ID: r.ID, RetryIn: unreadDelay, Attempts: r.Attempts})
	}
	return store.Record{}, false, 0, err
}

func (o *outbox) lease(early bool) (e entry, found bool, wait time.Duration) {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return entry{}, false, 0
	}
	return o.queue.Lease(now, early)
}

// load reads a leased event. One that can never be read is returned with Err
// set, for the client to give up; an error means that it may be readable later.
func (o *outbox) load(e entry) (store.Record, error) {
	for {
		r, f, err := o.look(&e)
		if err == nil && f != nil {
			r, err = read(f, e)
		}
		switch {
		case err == nil:
			return o.describe(e, r), nil
		case errors.Is(err, os.ErrClosed): // moved meanwhile, or another segment is read
		case errors.Is(err, io.EOF), errors.Is(err, errBroken), errors.Is(err, fs.ErrNotExist) && !o.isAway():
			err = fmt.Errorf("bbdisk: %s at byte %d: %w", segmentPath("", e.Value.segment), e.Value.offset, err)
			return o.describe(e, store.Record{Err: err}), nil
		default: // it may pass, as too many open files do
			return o.describe(e, store.Record{}), wrap(err)
		}
	}
}

// look returns a leased event if it is in memory, or else the file that has it.
// It sets the place that the event has now. Of the files that are not written any
// more the one that was read last is open: events are mostly taken in the order in
// which they were put.
func (o *outbox) look(e *entry) (r store.Record, f file, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now, ok := o.queue.Find(e.Seq); ok {
		e.Value = now.Value
	}
	if o.closed {
		return r, nil, store.ErrClosed
	}
	number := e.Value.segment
	if held, ok := o.memory.records[e.Seq]; ok || number == 0 {
		return held.Record, nil, nil
	}
	if s := o.log.find(number); s != nil && s.file != nil {
		return r, s.file, nil
	}
	if o.reading != number || o.readFile == nil {
		if f, err = o.sys.Open(segmentPath(o.dir, number)); err != nil {
			return r, nil, err
		}
		o.closeReadLocked()
		o.reading, o.readFile = number, f
	}
	return r, o.readFile, nil
}

// closeReadLocked closes the segment that was read last.
func (o *outbox) closeReadLocked() {
	if o.readFile != nil {
		_ = o.readFile.Close()
		o.readFile = nil
	}
}

// read reads an event from its segment.
func read(f file, e entry) (store.Record, error) {
	b := make([]byte, e.Value.size)
	if _, err := f.ReadAt(b, int64(e.Value.offset)); err != nil {
		return store.Record{}, err
	}
	r, _, err := parseFrame(b)
	if err != nil || r.kind != kindEvent || r.seq != e.Seq {
		return store.Record{}, errBroken
	}
	return r.accepted(), nil
}

// describe returns the record of an event in the state it has now.
func (o *outbox) describe(e entry, r store.Record) store.Record {
	r.ID, r.Age = store.ID{Lo: e.Seq}, o.clock.at(time.Now())-e.Value.accepted
	r.Attempts, r.Recovered = e.Attempts, e.Seq <= o.lastRecovered
	return r
}
