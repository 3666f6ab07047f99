package endpoint

import (
	"context"
	"errors"
	"time"
)

// transportGrace is how long a foreign transport may take to notice that its
// request is given up.
const transportGrace = 100 * time.Millisecond

var (
	errTransportPanic = errors.New("Config.Transport panicked, or ended its goroutine")
	errTransportHangs = errors.New("Config.Transport does not return, although its requests were given up")
)

// contain asks by the user's transport, which may panic, end its goroutine or
// never return, and so may the methods of its errors. It runs in a goroutine that
// is given up when the time is over.
func (e *Endpoint) contain(ctx context.Context, body []byte) Verdict {
	select {
	case e.foreign <- struct{}{}:
	default:
		return e.judge(answer{err: errTransportHangs})
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	got := make(chan Verdict, 1)
	go func() {
		var v Verdict
		done := false
		defer func() {
			if _ = recover(); !done {
				v = e.judge(answer{err: errTransportPanic})
			}
			<-e.foreign
			got <- v
		}()
		v = e.judge(e.way.post(ctx, body))
		done = true
	}()
	select {
	case v := <-got:
		return v
	case <-ctx.Done():
	}
	grace := time.NewTimer(transportGrace)
	defer grace.Stop()
	select {
	case v := <-got:
		return v
	case <-grace.C:
		return e.judge(answer{err: context.Cause(ctx)})
	}
}
