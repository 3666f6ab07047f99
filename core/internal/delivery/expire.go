package delivery

import "github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"

// expired returns how to report a record that is given up without a further
// request: it is past MaxAge, cannot be read any more, or another replica sent
// the like of it. nil: it may go. The age of a recovered event may be a clock's
// mistake, so attempt gives it up, once a request of this process has failed.
func (e *Engine) expired(r store.Record) (report func(store.Record)) {
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
