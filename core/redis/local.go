package bbredis

import (
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// local is what this process knows and Redis does not, or not alone. A record
// that was accepted here has a local id (Hi 0), and is
//
//	waiting    in memory only, until a round trip moves it
//	handed     in Redis, until the client settles its local id
//
// A record in Redis, whoever accepted it, has the id of its stream entry. While
// it is pending for this process there, it is
//
//	surplus    fetched beyond what was asked for, and not given out yet
//	leased     given out, until the client settles it, however late
//	an outcome settled, or given back, until a round trip tells Redis
//
// What a failed round trip was to move stays where it was. What the server did
// all the same it does twice: an event added again has its old key, an outcome
// applied again finds nothing. Records that were leased by an answer that got
// lost are known to nobody here, and end as those of a dead process.
type local struct {
	last         uint64 // local id given out last
	waiting      []outbox.Record
	waitingBytes int64

	handed     map[outbox.ID]struct{}
	unreported []outbox.ID // of handed: Sync has not told of them

	surplus  []fetched
	leased   map[outbox.ID]fetched
	outcomes []outcome
	freed    load // by outcomes that remove

	shared load // in Redis, as of the last round trip
}

// fetched is a record that Redis leased to this process.
type fetched struct {
	outbox.Record
	entry string    // its id in the stream
	stale time.Time // not to be given out any more, for its lease ends soon
}

type outcome struct {
	outbox.Outcome
	entry string
	size  int
}

// load is a number of events and the bytes of their bodies.
type load struct {
	events int
	bytes  int64
}

func newLocal() local {
	return local{handed: make(map[outbox.ID]struct{}), leased: make(map[outbox.ID]fetched)}
}

func (l *local) put(r outbox.Record, shared outbox.Bounds) (outbox.ID, error) {
	inRedis := load{max(l.shared.events-l.freed.events, 0), max(l.shared.bytes-l.freed.bytes, 0)}
	here := outbox.Bounds{Events: localEvents, Bytes: localBytes}
	if !here.Admit(len(l.waiting), l.waitingBytes, r) ||
		!shared.Admit(inRedis.events+len(l.waiting), inRedis.bytes+l.waitingBytes, r) {
		return outbox.ID{}, outbox.ErrFull
	}
	l.last++
	r.ID = outbox.ID{Lo: l.last}
	l.waiting = append(l.waiting, r)
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
		l.unreported = append(l.unreported, r.ID)
	}
	clear(l.waiting[:n]) // so that the bodies can be freed
	l.waiting = l.waiting[n:]
	if len(l.waiting) == 0 {
		l.waiting = nil
	}
}

func (l *local) settle(out outbox.Outcome) {
	delete(l.handed, out.ID)
	r, ok := l.leased[out.ID]
	if !ok {
		return
	}
	delete(l.leased, out.ID)
	l.conclude(r, out)
}

// conclude queues an outcome.
func (l *local) conclude(r fetched, out outbox.Outcome) {
	l.outcomes = append(l.outcomes, outcome{out, r.entry, len(r.Body)})
	if out.Remove {
		l.freed.events++
		l.freed.bytes += int64(len(r.Body))
	}
}

// told notes that Redis has heard of the first n outcomes.
func (l *local) told(n int) {
	for _, out := range l.outcomes[:n] {
		if out.Remove {
			l.freed.events--
			l.freed.bytes -= int64(out.size)
		}
	}
	l.outcomes = l.outcomes[n:]
	if len(l.outcomes) == 0 {
		l.outcomes = nil
	}
}

// fetch takes over what Redis leased. A record that is still at work here after
// its lease was over, and came again, is left to that.
func (l *local) fetch(records []fetched) {
	for _, r := range records {
		if _, busy := l.leased[r.ID]; !busy {
			l.surplus = append(l.surplus, r)
		}
	}
}

// give leases at most n records of the surplus to the client.
func (l *local) give(n int) []outbox.Record {
	n = min(n, len(l.surplus))
	var records []outbox.Record
	for _, r := range l.surplus[:n] {
		l.leased[r.ID] = r
		records = append(records, r.Record)
	}
	l.surplus = l.surplus[n:]
	return records
}

// giveBack returns the part of the surplus that is stale at a moment.
func (l *local) giveBack(now time.Time) {
	fresh := l.surplus[:0]
	for _, r := range l.surplus {
		if now.Before(r.stale) {
			fresh = append(fresh, r)
			continue
		}
		l.conclude(r, outbox.Outcome{ID: r.ID, RetryAt: now, Attempts: r.Attempts})
	}
	l.surplus = fresh
}
