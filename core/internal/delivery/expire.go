package delivery

import "github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"

// expired returns how to report a record that is given up without a further
// request: it is past MaxAge, cannot be read any more, or another replica sent
// the like of it. nil: it may go.
func (e *Engine) expired(r store.Record) (report func(store.Record)) {
	switch {
	case r.Err != nil:
		return e.Observer.Unreadable
	case r.Age >= e.MaxAge:
		return e.Observer.Expired
	case r.Attempts == 0 && e.Precheck != nil && !e.Precheck(e.ctx, r):
		return e.Observer.Throttled
	}
	return nil
}
