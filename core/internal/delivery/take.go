package delivery

import (
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// take leases the next record that may go, and gives up those before it that may
// not.
func (e *Engine) take(p permit) (r store.Record, wait time.Duration, found bool) {
	for !e.isStopped() { // however many there are to end
		r, found, wait, err := e.Store.Take(p.early, e.Lease)
		if err != nil {
			e.outage.storeFailed(storeSource, err)
			return store.Record{}, storePause, false
		}
		e.outage.storeWorks(storeSource)
		if !found {
			return store.Record{}, wait, false
		}
		e.checkFingerprint(r)
		report := e.giveUp(r)
		if report == nil {
			return r, 0, true
		}
		e.end(r.ID, func() { report(r) })
	}
	return store.Record{}, 0, false
}

// giveUp returns how to report a record that is given up without a further
// request: it is past MaxAge, cannot be read any more, or another replica sent
// the like of it. nil: it may go. The age of a recovered event may be a clock's
// mistake, so attempt gives it up, once a request of this process has failed.
func (e *Engine) giveUp(r store.Record) (report func(store.Record)) {
	switch {
	case r.Err != nil:
		return e.Observer.Unreadable
	case !r.Recovered && r.Age >= e.MaxAge:
		return e.Observer.Expired
	case r.Attempts == 0 && e.Precheck != nil && !e.Precheck(e.ctx, r):
		return e.Observer.Throttled
	}
	return nil
}
