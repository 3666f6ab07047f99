package delivery

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/wire"
)

// attempt makes one request for r, settles it by the answer and releases p. It
// reports whether the API took the event.
func (e *Engine) attempt(r store.Record, p permit) (ok bool) {
	if !e.start(&p) { // the gate closed while r was taken
		e.giveBack(r)
		e.finish(p, time.Time{})
		return false
	}
	if r.Attempts > 0 {
		e.Observer.Retried()
	}
	v := e.api.Ask(e.ctx, r.Body)
	if v.Failed() && e.ctx.Err() != nil { // stopped, which says nothing about the API
		e.giveBack(r)
		e.finish(p, time.Time{})
		return false
	}
	e.debug(r, v)

	e.mu.Lock()
	delay := e.pacer.report(r, p, v, v.At)
	down, holds := e.pacer.down(), e.pacer.closed && !e.pacer.alone()
	e.mu.Unlock()
	if v.Failed() || holds && v.Class != endpoint.Delivered {
		e.api.Drop() // what is idle may lead to where this one led
	}

	var retryAt time.Time
	switch {
	case v.Class == endpoint.Delivered:
		e.end(r.ID, e.delivered)
	case v.Class == endpoint.Refused:
		e.end(r.ID, func() { e.Observer.Refused(r, v.Problem) })
	case r.Age >= e.MaxAge:
		e.end(r.ID, func() { e.Observer.Expired(r) })
	default:
		retryAt = v.At.Add(delay)
		e.settle(store.Outcome{ID: r.ID, RetryIn: delay, Hold: v.RetryAfter, Attempts: r.Attempts + 1}, nil)
	}
	e.finish(p, retryAt) // after the record: the sender that gets the permit sees what is due
	e.announce(r, v, down, v.At)
	return v.Class == endpoint.Delivered
}

// start begins the request of a permit, unless the gate has closed.
func (e *Engine) start(p *permit) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pacer.start(p, time.Now())
}

// finish releases the permit of a request. Senders that found nothing while its
// record was leased look again, and at the latest when it is due.
func (e *Engine) finish(p permit, retryAt time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pacer.release(p)
	e.wakes++
	e.alarmLocked(retryAt)
	e.syncLocked()
}

// announce lets Flush and the log know what an answer means.
func (e *Engine) announce(r store.Record, v endpoint.Verdict, down bool, now time.Time) {
	switch v.Class {
	case endpoint.Delivered, endpoint.Refused:
		e.outage.over(v.Class == endpoint.Delivered, now)
		return
	case endpoint.Setup:
		e.flushes.fail(v.Problem, e.hopeless)
	}
	if down {
		e.outage.failed(v.Problem, now)
	} else {
		e.outage.stuck(v.Problem, r.Attempts+1, now)
	}
}

// hopeless reports whether waiting since a moment for so many events is in vain.
func (e *Engine) hopeless(since time.Time, waiting int) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pacer.hopeless(since, waiting)
}

// settle applies an outcome to a leased record, and calls then once it holds.
func (e *Engine) settle(out store.Outcome, then func()) {
	if err := e.flushes.settle(out, then); err != nil {
		e.outage.storeFailed(storeSource, err)
	}
}

// end removes a leased record, and calls then once that holds.
func (e *Engine) end(id store.ID, then func()) {
	e.settle(store.Outcome{ID: id, Remove: true}, then)
}

// giveBack ends the lease of a record that was not tried.
func (e *Engine) giveBack(r store.Record) {
	e.settle(store.Outcome{ID: r.ID, Attempts: r.Attempts}, nil)
}

// debug shows the event, and a bad answer as it came.
func (e *Engine) debug(r store.Record, v endpoint.Verdict) {
	if !e.Log.Debug() {
		return
	}
	e.Log.Do(len(r.Body)+len(v.Body), func() {
		event, _ := wire.Decode(r.Body) // what cannot be read stays empty
		attrs := append(event.Attrs(), slog.Int("attempt", r.Attempts+1), slog.Int("status", v.Status))
		if v.Class != endpoint.Delivered {
			attrs = append(attrs, slog.String("problem", v.Problem.Error()), slog.Any("answer", readable(v.Body)))
		}
		e.Log.Now(slog.LevelDebug, "bb: request", attrs...)
	})
}

// readable is a body as a log shows it best: what JSON says, else the text.
func readable(body []byte) any {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return string(body)
	}
	return value
}
