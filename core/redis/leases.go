package bbredis

import (
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// leases are the records in Redis that are leased to this process. Each is
//
//	surplus    fetched beyond what was asked for, and not given out yet
//	given      given out, until the client settles it, however late
//	an outcome settled, or given back, until a round trip applies it in Redis
//
// An outcome that Redis applied without an answer is applied again, and finds
// nothing. Records that were leased by an answer that got lost are known to
// nobody here, and end as those of a dead process.
type leases struct {
	surplus  []fetched // oldest lease first
	given    map[store.ID]fetched
	outcomes []outcome

	taken, returned uint64 // records that were ever given out, and given back
}

// fetched is a record that Redis leased to this process.
type fetched struct {
	store.Record
	id       string    // in Redis
	token    int64     // of the lease
	accepted time.Time // on the clock of this process
	stale    time.Time // not to be given out any more, for its lease ends soon
}

type outcome struct {
	store.Outcome
	id    string
	token int64
	size  int
	due   time.Time // unless Remove
}

// fetch takes over what Redis leased at a moment. A record that is still at work
// here after its lease was over, and came again, gets the new lease.
func (l *leases) fetch(records []fetched, at time.Time, lease time.Duration) {
	for _, r := range records {
		r.accepted = at.Add(-r.Age)
		r.stale = at.Add(lease / 2) // half is left for the request
		if _, busy := l.given[r.ID]; busy {
			l.given[r.ID] = r
		} else {
			l.surplus = append(l.surplus, r)
		}
	}
}

// give leases at most n records of the surplus to the client.
func (l *leases) give(n int) []store.Record {
	n = min(n, len(l.surplus))
	now := time.Now()
	var records []store.Record
	for _, r := range l.surplus[:n] {
		l.given[r.ID] = r
		r.Age = now.Sub(r.accepted)
		records = append(records, r.Record)
	}
	l.surplus = l.surplus[n:]
	l.taken += uint64(n)
	return records
}

// giveBack queues the return of the surplus that is stale at a moment.
func (l *leases) giveBack(at time.Time) {
	for len(l.surplus) > 0 && !at.Before(l.surplus[0].stale) {
		r := l.surplus[0]
		l.surplus = l.surplus[1:]
		l.conclude(r, store.Outcome{ID: r.ID, Attempts: r.Attempts})
	}
}

// settle queues the outcome of a record that was given out, and returns how much
// it removes.
func (l *leases) settle(out store.Outcome) (removed load) {
	r, ok := l.given[out.ID]
	if !ok {
		return load{}
	}
	delete(l.given, out.ID)
	l.conclude(r, out)
	if !out.Remove {
		l.returned++
		return load{}
	}
	return load{1, int64(len(r.Body))}
}

func (l *leases) conclude(r fetched, out store.Outcome) {
	l.outcomes = append(l.outcomes, outcome{out, r.id, r.token, len(r.Body), time.Now().Add(out.RetryIn)})
}
