package delivery

import (
	"context"
	"log/slog"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// attempt makes one request for r, settles it by the answer and returns p.
func (e *Engine) attempt(x *exchange, r outbox.Record, p permit) {
	if r.Attempts > 0 {
		e.Observer.Retried()
	}
	started := time.Now()
	a, v := x.ask(r.Body)
	if a.err != nil && e.ctx.Err() != nil { // stopped, which says nothing about the API
		e.giveBack(r, a.at)
		e.release(p, time.Time{})
		return
	}
	e.debug(r, a, v)

	backlog := e.shared || e.Pending() > 1 // what others put is not known
	e.mu.Lock()
	delay := e.pacer.report(r, p, v, backlog, a.at)
	down := e.pacer.down()
	e.mu.Unlock()

	var retryAt time.Time
	switch v.class {
	case delivered:
		e.settle(outbox.Outcome{ID: r.ID, Remove: true}, e.delivered)
	case refused:
		e.settle(outbox.Outcome{ID: r.ID, Remove: true}, func() { e.Observer.Refused(r, v.problem) })
	default:
		retryAt = a.at.Add(delay)
		e.settle(outbox.Outcome{ID: r.ID, RetryAt: retryAt, Attempts: r.Attempts + 1}, e.back)
	}
	e.release(p, retryAt) // after the record: whoever gets the permit sees what is due
	e.tell(r, v, down, started, a.at)
}

// release returns the permit of a request. Senders that found nothing while
// its record was leased look again, and at the latest when it is due.
func (e *Engine) release(p permit, retryAt time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pacer.cancel(p)
	e.wakes++
	e.alarmLocked(retryAt)
	e.syncLocked(e.syncAfter)
}

// tell passes an answer on to the log and to whoever waits in Flush.
func (e *Engine) tell(r outbox.Record, v verdict, down bool, started, now time.Time) {
	switch v.class {
	case delivered, refused:
		e.outage.over(v.class == delivered, now)
		if e.flushes.any() { // this sender goes on with what it asks for
			e.mu.Lock()
			e.pacer.urge(now)
			e.mu.Unlock()
		}
		return
	case setup:
		e.flushes.fail(v.problem, started)
	}
	if down {
		e.outage.failed(v.problem, now)
	} else {
		e.outage.stuck(v.problem, r.Attempts+1, now)
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

// settle applies an outcome to a leased record and calls then once it holds. If
// a shared outbox does not take it, the record goes back to all when its lease
// is over.
func (e *Engine) settle(out outbox.Outcome, then func()) {
	done, err := e.flushes.settle(out, then)
	if err != nil {
		e.outage.outboxFailed(err)
		e.back()
	}
	if e.shared && (done || err != nil) {
		e.held.Add(-1)
	}
}

// back counts a record that goes back into the outbox.
func (e *Engine) back() {
	if e.shared {
		e.Observer.HandedOver()
	}
}

// giveBack ends the lease of a record that was not tried.
func (e *Engine) giveBack(r outbox.Record, now time.Time) {
	e.settle(outbox.Outcome{ID: r.ID, RetryAt: now, Attempts: r.Attempts}, e.back)
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
