package delivery

import (
	"context"
	"log/slog"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// attempt makes one request for r and settles it by the answer.
func (e *Engine) attempt(r outbox.Record, leave permit) {
	if leave.probe {
		e.mu.Lock()
		e.pacer.gate.probed = r.ID
		e.mu.Unlock()
	}
	if r.Attempts > 0 {
		e.Observer.Retried()
	}
	started := time.Now()
	a := e.Endpoint.post(e.ctx, r.Body)
	now := time.Now()
	if a.err != nil && e.ctx.Err() != nil { // stopped, which says nothing about the API
		e.mu.Lock()
		e.pacer.cancel(leave)
		e.mu.Unlock()
		e.settle(outbox.Outcome{ID: r.ID, RetryAt: now, Attempts: r.Attempts})
		return
	}
	v := classify(a, now)
	e.debug(r, a, v)

	backlog := e.Pending() > 1
	e.mu.Lock()
	delay := e.pacer.report(r, leave, v, backlog, now)
	down := e.pacer.down()
	e.mu.Unlock()

	switch v.class {
	case delivered:
		if e.settle(outbox.Outcome{ID: r.ID, Remove: true}) {
			e.Observer.Delivered()
		}
	case refused:
		if e.settle(outbox.Outcome{ID: r.ID, Remove: true}) {
			e.Observer.Refused(r, v.problem)
		}
	default:
		e.settle(outbox.Outcome{ID: r.ID, RetryAt: now.Add(delay), Attempts: r.Attempts + 1})
	}
	e.tell(v, down, started, now)
}

// tell passes an answer on to the log and to whoever waits in Flush.
func (e *Engine) tell(v verdict, down bool, started, now time.Time) {
	switch v.class {
	case delivered, refused:
		e.outage.over(v.class == delivered, e.Pending(), now)
		if e.flushes.any() {
			e.urge()
		}
	case setup:
		e.flushes.fail(v.problem, started)
		fallthrough
	default:
		if down {
			e.outage.failed(v.problem, e.Pending(), now)
		}
	}
}

// urge has a probe go at once, if the pacer allows it.
func (e *Engine) urge() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pacer.urge(time.Now()) {
		e.startLocked()
	}
}

// settle reports whether the outcome took effect: it does not once the engine
// was stopped and its outbox closed.
func (e *Engine) settle(out outbox.Outcome) bool {
	ok, err := e.flushes.settle(out)
	if err != nil {
		e.outage.outboxFailed(err)
	}
	return ok
}

// debug shows the whole event, and a bad answer as it came.
func (e *Engine) debug(r outbox.Record, a answer, v verdict) {
	if !e.Logger.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{slog.String("event", string(r.Body)), slog.Int("attempt", r.Attempts+1), slog.Int("status", a.status)}
	if v.class != delivered {
		attrs = append(attrs, slog.String("problem", v.problem.Error()), slog.String("answer", string(a.body)))
	}
	e.Logs.Do(func() {
		e.Logger.LogAttrs(context.Background(), slog.LevelDebug, "bb: request", attrs...)
	})
}
