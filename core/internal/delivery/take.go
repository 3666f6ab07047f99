package delivery

import (
	"slices"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// mostHeld is how many events that must not go yet are looked past at a time.
const mostHeld = 16

// take leases the next record that may go.
func (e *Engine) take(p permit) (r store.Record, wait time.Duration, found bool) {
	var held []store.Outcome
	defer func() {
		for _, out := range held { // which the store did not count while they were leased
			e.settle(out, nil)
			if wait == 0 || out.RetryIn < wait {
				wait = out.RetryIn
			}
		}
	}()
	for len(held) < mostHeld {
		records, wait, err := e.lease(p)
		if err != nil {
			e.outage.storeFailed(storeSource, err)
			return store.Record{}, storePause, false
		}
		e.outage.storeWorks(storeSource)
		if len(records) == 0 {
			return store.Record{}, wait, false
		}
		r, more := e.choose(records)
		if more > 0 {
			held = append(held, store.Outcome{ID: r.ID, RetryIn: more, Attempts: r.Attempts})
			continue
		}
		report := e.expired(r)
		if report == nil {
			return r, 0, true
		}
		e.end(r.ID, func() { report(r) })
		if e.isStopped() { // however many more there are to end
			break
		}
	}
	return store.Record{}, 0, false
}

// lease takes one record; for a probe two, so that there is another if the
// first was probed last. An urgent request takes what is due next if nothing is
// due now.
func (e *Engine) lease(p permit) ([]store.Record, time.Duration, error) {
	limit := 1
	if p.probe {
		limit = 2
	}
	records, wait, err := e.Store.Take(limit, p.urgent, e.Lease)
	for _, r := range records {
		e.checkFingerprint(r)
	}
	return records, wait, err
}

// choose returns the first record, or the second if the first failed last, and
// gives the other back. held is how long the API asked not to send it.
func (e *Engine) choose(records []store.Record) (chosen store.Record, held time.Duration) {
	e.mu.Lock()
	if len(records) == 2 && records[0].ID == e.pacer.last {
		slices.Reverse(records)
	}
	held = e.pacer.heldFor(records[0].ID, time.Now())
	e.mu.Unlock()
	for _, other := range records[1:] {
		e.giveBack(other)
	}
	return records[0], held
}
