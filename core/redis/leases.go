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
	accepted
	name  string    // in Redis
	token int64     // of the lease
	stale time.Time // not to be given out any more, for its lease ends soon
}

// outcome is what becomes of a record.
type outcome struct {
	of fetched
	is store.Outcome
}

// fetch takes over what Redis leased at a moment. A record that is still at work
// here after its lease was over, and came again, gets the new lease.
func (l *leases) fetch(records []fetched, now time.Time, lease time.Duration) {
	for _, r := range records {
		r.at = now.Add(-r.Age)
		r.stale = now.Add(lease / 2) // half is left for the request
		if _, busy := l.given[r.ID]; busy {
			l.given[r.ID] = r
		} else {
			l.surplus = append(l.surplus, r)
		}
	}
}

// give leases a record of the surplus to the client, if there is one.
func (l *leases) give() (r store.Record, found bool) {
	if len(l.surplus) == 0 {
		return r, false
	}
	oldest := l.surplus[0]
	l.given[oldest.ID] = oldest
	l.surplus = l.surplus[1:]
	l.taken++
	return oldest.aged(time.Now()), true
}

// giveBack queues the return of the surplus that is stale, or of all.
func (l *leases) giveBack(all bool) {
	for now := time.Now(); len(l.surplus) > 0 && (all || !now.Before(l.surplus[0].stale)); l.surplus = l.surplus[1:] {
		r := l.surplus[0]
		l.outcomes = append(l.outcomes, outcome{r, store.Outcome{Attempts: r.Attempts}})
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
	l.outcomes = append(l.outcomes, outcome{r, out})
	if !out.Remove {
		l.returned++
		return load{}
	}
	return load{1, int64(len(r.Body))}
}
