package delivery

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
func (e *Endpoint) contain(ctx context.Context, ask func(context.Context) (answer, verdict)) (answer, verdict) {
	select {
	case e.foreign <- struct{}{}:
	default:
		return e.judge(answer{err: errTransportHangs})
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	type judged struct {
		answer
		verdict
	}
	got := make(chan judged, 1)
	go func() {
		var j judged
		done := false
		defer func() {
			if _ = recover(); !done {
				j.answer, j.verdict = e.judge(answer{err: errTransportPanic})
			}
			<-e.foreign
			got <- j
		}()
		j.answer, j.verdict = ask(ctx)
		done = true
	}()
	select {
	case j := <-got:
		return j.answer, j.verdict
	case <-ctx.Done():
	}
	grace := time.NewTimer(transportGrace)
	defer grace.Stop()
	select {
	case j := <-got:
		return j.answer, j.verdict
	case <-grace.C:
		return e.judge(answer{err: context.Cause(ctx)})
	}
}
