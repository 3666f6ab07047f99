package bbdisk

import (
	"fmt"
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
	for !o.closed && len(leased) < limit {
		e, ok := o.queue.Pop(now, early && len(leased) == 0)
		if !ok {
			return leased, o.queue.Wait(now)
		}
		leased = append(leased, e)
	}
	return leased, 0
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
		if r, ok := o.fromOverflow(e); ok {
			return r, nil
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
			return store.Record{}, wrap(err)
		default:
			r := o.describe(e, nil, false)
			r.Err = fmt.Errorf("bbdisk: %s at byte %d: %w", segmentName(e.Value.segment), e.Value.offset, err)
			return r, nil
		}
	}
}

func (o *outbox) find(seq uint64) (schedule.Entry[place], bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queue.Find(seq)
}

func (o *outbox) fromOverflow(e schedule.Entry[place]) (r store.Record, ok bool) {
	if e.Value.segment == 0 {
		o.mu.Lock()
		defer o.mu.Unlock()
		r, ok = o.overflow.records[e.Seq]
	}
	return o.describe(e, r.Body, r.Sheddable), ok
}

func (o *outbox) fromSegment(e schedule.Entry[place]) (r store.Record, temporary bool, err error) {
	b, temporary, err := o.reader.read(e.Value)
	if err != nil {
		return store.Record{}, temporary, err
	}
	stored, _, err := parseFrame(b)
	switch {
	case err != nil:
		return store.Record{}, false, err
	case stored.kind != kindEvent || stored.seq != e.Seq:
		return store.Record{}, false, errBroken
	}
	return o.describe(e, stored.body, stored.sheddable), false, nil
}

// describe returns the record of an event in the state it has now.
func (o *outbox) describe(e schedule.Entry[place], body []byte, sheddable bool) store.Record {
	return store.Record{
		ID: store.ID{Lo: e.Seq}, Body: body, Age: time.Since(o.epoch) - e.Value.accepted,
		Attempts: e.Attempts, Sheddable: sheddable, Recovered: e.Seq <= o.lastRecovered,
	}
}
