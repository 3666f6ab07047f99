package bbredis

import (
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// local is what this process knows and Redis does not, or not alone. A record
// that was accepted here has a local id (Hi 0), and is
//
//	waiting    in memory only, until a round trip moves it
//	handed     in Redis, until the client settles its local id
//
// A record in Redis, from any process, has the id redisID and its number. While
// it is leased to this process there, it is
//
//	surplus    fetched beyond what was asked for, and not given out yet
//	leased     given out, until the client settles it, however late
//	an outcome settled, or given back, until a round trip applies it in Redis
//
// What a failed round trip was to move stays where it was. What the server did
// all the same it does twice: an event added again has its old key, an outcome
// applied again finds nothing. Records that were leased by an answer that got
// lost are known to nobody here, and end as those of a dead process.
type local struct {
	last         uint64 // local id given out last
	waiting      []dated
	waitingBytes int64

	handed map[store.ID]struct{}

	surplus  []fetched // oldest lease first
	leased   map[store.ID]fetched
	outcomes []outcome

	recovered  uint64 // records given out
	handedOver uint64 // own records settled, and leased ones given back

	// What is in Redis, as of the last round trip, less what was removed since.
	shared load
}

// dated is a record and when it was accepted, on the clock of this process.
type dated struct {
	store.Record
	accepted time.Time
}

// at returns the record with its age at a moment.
func (d dated) at(now time.Time) store.Record {
	d.Age = now.Sub(d.accepted)
	return d.Record
}

// fetched is a record that Redis leased to this process.
type fetched struct {
	dated
	token int64     // of the lease
	stale time.Time // not to be given out any more, for its lease ends soon
}

type outcome struct {
	store.Outcome
	token int64
	size  int
	due   time.Time // unless Remove
}

// load is a number of events and the bytes of their bodies.
type load struct {
	events int
	bytes  int64
}

func newLocal() local {
	return local{handed: make(map[store.ID]struct{}), leased: make(map[store.ID]fetched)}
}

// own is the number of records accepted here that are not settled.
func (l *local) own() int { return len(l.waiting) + len(l.handed) }

func (l *local) put(r store.Record, bounds store.Bounds) (store.ID, error) {
	if !store.InMemory.Fits(len(l.waiting), l.waitingBytes, r) ||
		!bounds.Fits(l.shared.events+len(l.waiting), l.shared.bytes+l.waitingBytes, r) {
		return store.ID{}, store.ErrFull
	}
	l.last++
	r.ID = store.ID{Lo: l.last}
	l.waiting = append(l.waiting, dated{r, time.Now().Add(-r.Age)})
	l.waitingBytes += int64(len(r.Body))
	return r.ID, nil
}

// moved notes that the first n of waiting are in Redis. If a round trip did not
// end before Close, there are none any more.
func (l *local) moved(n int) {
	n = min(n, len(l.waiting))
	for _, r := range l.waiting[:n] {
		l.waitingBytes -= int64(len(r.Body))
		l.handed[r.ID] = struct{}{}
	}
	clear(l.waiting[:n]) // so that the bodies can be freed
	l.waiting = l.waiting[n:]
}

func (l *local) settle(out store.Outcome) {
	if _, ok := l.handed[out.ID]; ok {
		delete(l.handed, out.ID)
		l.handedOver++
	}
	r, ok := l.leased[out.ID]
	if !ok {
		return
	}
	delete(l.leased, out.ID)
	if !out.Remove {
		l.handedOver++
	}
	l.conclude(r, out)
}

// conclude queues an outcome.
func (l *local) conclude(r fetched, out store.Outcome) {
	l.outcomes = append(l.outcomes, outcome{out, r.token, len(r.Body), time.Now().Add(out.RetryIn)})
	if out.Remove {
		l.shared.events--
		l.shared.bytes -= int64(len(r.Body))
	}
}

// acked notes that Redis has applied the first n outcomes.
func (l *local) acked(n int) { l.outcomes = l.outcomes[n:] }

// fetch takes over what Redis leased at a moment. A record that is still at work
// here after its lease was over, and came again, gets the new lease.
func (l *local) fetch(records []fetched, at time.Time, lease time.Duration) {
	for _, r := range records {
		r.accepted = at.Add(-r.Age)
		r.stale = at.Add(lease / 2) // half is left for the request
		if _, busy := l.leased[r.ID]; busy {
			l.leased[r.ID] = r
		} else {
			l.surplus = append(l.surplus, r)
		}
	}
}

// give leases at most n records of the surplus to the client.
func (l *local) give(n int) []store.Record {
	n = min(n, len(l.surplus))
	now := time.Now()
	var records []store.Record
	for _, r := range l.surplus[:n] {
		l.leased[r.ID] = r
		records = append(records, r.at(now))
	}
	l.surplus = l.surplus[n:]
	l.recovered += uint64(n)
	return records
}

// giveBack queues the return of the surplus that is stale at a moment.
func (l *local) giveBack(at time.Time) {
	for len(l.surplus) > 0 && !at.Before(l.surplus[0].stale) {
		r := l.surplus[0]
		l.surplus = l.surplus[1:]
		l.conclude(r, store.Outcome{ID: r.ID, Attempts: r.Attempts})
	}
}
