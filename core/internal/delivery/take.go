package delivery

import (
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// take leases the next record. Records past their age, those that cannot be read
// any more, and those that Admit does not let through end here.
func (e *Engine) take(p permit) (r outbox.Record, next time.Time, found bool) {
	for {
		now := time.Now()
		records, next, err := e.lease(p, now)
		if err != nil {
			e.outage.outboxFailed(err)
			return outbox.Record{}, now.Add(outboxPause), false
		}
		if len(records) == 0 {
			return outbox.Record{}, next, false
		}
		r = e.choose(records, now)
		var giveUp func(outbox.Record)
		switch {
		case r.Err != nil:
			giveUp = e.Observer.Unreadable
		case now.Sub(r.Accepted) >= e.MaxAge:
			giveUp = e.Observer.Expired
		case r.Attempts == 0 && e.Admit != nil && !e.Admit(e.ctx, r):
			giveUp = e.Observer.Throttled
		default:
			return r, time.Time{}, true
		}
		e.settle(outbox.Outcome{ID: r.ID, Remove: true}, func() { giveUp(r) })
		if e.isStopped() { // however many more there are to end
			return outbox.Record{}, time.Time{}, false
		}
	}
}

// lease takes one record; for a probe two, so that there is another if the
// first was probed last. An urgent request takes what is due next if nothing
// is due now.
func (e *Engine) lease(p permit, now time.Time) ([]outbox.Record, time.Time, error) {
	want := 1
	if p.probe {
		want = 2
	}
	records, next, err := e.Outbox.Take(now, want, e.Lease)
	if p.urgent && err == nil && len(records) == 0 && !next.IsZero() {
		records, next, err = e.Outbox.Take(next, 1, e.Lease)
	}
	if e.shared {
		e.held.Add(int64(len(records)))
		for _, r := range records {
			e.Observer.Taken(r)
		}
	}
	return records, next, err
}

// choose returns the first record, or the second if the first failed last, and
// gives the other back.
func (e *Engine) choose(records []outbox.Record, now time.Time) outbox.Record {
	if len(records) == 1 {
		return records[0]
	}
	e.mu.Lock()
	failed := e.pacer.gate.failed
	e.mu.Unlock()
	chosen, other := records[0], records[1]
	if chosen.ID == failed {
		chosen, other = other, chosen
	}
	e.giveBack(other, now)
	return chosen
}
