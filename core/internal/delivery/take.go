package delivery

import (
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// take leases the next record that may go.
func (e *Engine) take(p permit) (r store.Record, wait time.Duration, found bool) {
	for {
		records, wait, err := e.lease(p)
		if err != nil {
			e.outage.storeFailed(storeSource, err)
			return store.Record{}, storePause, false
		}
		e.outage.storeWorks(storeSource)
		if len(records) == 0 {
			return store.Record{}, wait, false
		}
		r = e.choose(records)
		report := e.expired(r)
		if report == nil {
			return r, 0, true
		}
		e.settle(store.Outcome{ID: r.ID, Remove: true}, func() { report(r) })
		if e.isStopped() { // however many more there are to end
			return store.Record{}, 0, false
		}
	}
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
// gives the other back.
func (e *Engine) choose(records []store.Record) store.Record {
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
	e.giveBack(other)
	return chosen
}
