package delivery

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/serial"
)

// Observer is told what becomes of records. Its methods are called from
// several goroutines and must be quick.
type Observer interface {
	Delivered()
	Retried() // a request beyond the first of an event is about to go
	Refused(r outbox.Record, why *Problem)
	Expired(r outbox.Record)
	Unreadable(r outbox.Record)
}

// Config is what an Engine is made of. All fields are required.
type Config struct {
	Endpoint    *Endpoint
	Outbox      outbox.Outbox
	MaxInFlight int
	MaxAge      time.Duration
	Lease       time.Duration
	Logger      *slog.Logger
	Logs        *serial.Queue // where log lines are written
	Observer    Observer
}

// Engine delivers what an outbox holds. It has no goroutine while there is
// nothing to send: Wake and one timer start senders, which end when nothing is
// left that may go now.
type Engine struct {
	Config
	ctx     context.Context // of every request; ends with stop
	cancel  context.CancelFunc
	outage  outage
	flushes flushes

	delivered func() // of Observer

	syncAfter time.Duration // 0: the outbox needs no sync

	mu      sync.Mutex // guards what follows; never held across Outbox calls
	pacer   pacer
	senders int           // goroutines
	wakes   uint64        // calls of Wake, to notice one during a Take
	stopped bool          // no sender starts any more
	idle    chan struct{} // closed when the last sender ends, if stop waits
	timer   *time.Timer   // wakes at alarm
	alarm   time.Time

	syncing   bool        // sync will be called
	syncTimer *time.Timer // by this
}

// New returns an Engine that starts with the first Wake.
func New(cfg Config) *Engine {
	e := &Engine{Config: cfg, pacer: newPacer(cfg.MaxInFlight)}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.outage = outage{logger: cfg.Logger, logs: cfg.Logs, place: cfg.Outbox.Place(), waiting: e.Pending}
	e.flushes.box = cfg.Outbox
	e.delivered = cfg.Observer.Delivered
	e.syncAfter = cfg.Outbox.SyncAfter()
	return e
}

// Pending is the number of records that are not settled.
func (e *Engine) Pending() int {
	n, _ := e.Outbox.Len()
	return n
}

// Wake makes sure that a sender looks at the outbox if one may.
func (e *Engine) Wake() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wakes++
	e.startLocked()
	if e.syncAfter > 0 && !e.syncing && !e.stopped {
		e.syncing = true
		e.syncTimer = time.AfterFunc(e.syncAfter, e.sync)
	}
}

// sync has the outbox make safe what was put since the last time.
func (e *Engine) sync() {
	e.mu.Lock()
	e.syncing = false
	stopped := e.stopped
	e.mu.Unlock()
	if stopped {
		return // Close does it
	}
	if err := e.Outbox.Sync(e.ctx); err != nil {
		e.outage.outboxFailed(err)
	}
}

// startLocked is the only place where a sender starts.
func (e *Engine) startLocked() {
	if e.stopped {
		return
	}
	p, next, ok := e.pacer.admit(time.Now())
	if !ok {
		e.alarmLocked(next)
		return
	}
	e.senders++
	go e.send(p)
}

// send makes requests until nothing is left that may go now.
func (e *Engine) send(p permit) {
	x := e.Endpoint.open(e.ctx)
	defer x.close()
	for ok := true; ok; {
		e.mu.Lock()
		wakes := e.wakes
		e.mu.Unlock()
		r, next, found := e.take(p)
		if !found {
			p, ok = e.rest(p, wakes, next)
			continue
		}
		e.helpOut()
		e.attempt(x, r, p)
		p, ok = e.again()
	}
}

// take leases the next record. Records past their age, and those that cannot
// be read any more, end here.
func (e *Engine) take(p permit) (r outbox.Record, next time.Time, found bool) {
	for {
		now := time.Now()
		records, next, err := e.lease(p, now)
		if err != nil {
			e.outage.outboxFailed(err)
			return outbox.Record{}, now.Add(longestPause), false
		}
		if len(records) == 0 {
			return outbox.Record{}, next, false
		}
		r = e.choose(records, now)
		giveUp := e.Observer.Expired
		switch {
		case r.Err != nil:
			giveUp = e.Observer.Unreadable
		case now.Sub(r.Accepted) < e.MaxAge:
			return r, time.Time{}, true
		}
		e.settle(outbox.Outcome{ID: r.ID, Remove: true}, func() { giveUp(r) })
	}
}

// lease takes one record; for a probe two, so that there is another if the
// first was probed last. An urgent request takes what is due next if nothing
// is due now.
func (e *Engine) lease(p permit, now time.Time) ([]outbox.Record, time.Time, error) {
	want := 1
	if p.probe {
		want = 2
	}
	records, next, err := e.Outbox.Take(now, want, e.Lease)
	if p.urgent && err == nil && len(records) == 0 && !next.IsZero() {
		return e.Outbox.Take(next, 1, e.Lease)
	}
	return records, next, err
}

// choose returns the first record, or the second if the first failed last, and
// gives the other back.
func (e *Engine) choose(records []outbox.Record, now time.Time) outbox.Record {
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
	e.giveBack(other, now)
	return chosen
}

// rest ends a sender that found nothing due, unless something came meanwhile.
func (e *Engine) rest(p permit, wakes uint64, next time.Time) (permit, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pacer.cancel(p)
	if e.wakes != wakes && !e.stopped {
		p, again, ok := e.pacer.admit(time.Now())
		if ok {
			return p, true
		}
		e.alarmLocked(again)
	}
	e.alarmLocked(next)
	e.leaveLocked()
	return permit{}, false
}

// again asks for a permit for one more request.
func (e *Engine) again() (permit, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.stopped {
		p, next, ok := e.pacer.admit(time.Now())
		if ok {
			return p, true
		}
		e.alarmLocked(next)
	}
	e.leaveLocked()
	return permit{}, false
}

// helpOut starts one more sender while the limit allows it. It looks for
// itself whether there is work, and helps out in turn.
func (e *Engine) helpOut() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.pacer.gate.closed && e.pacer.limit.now > e.pacer.inFlight {
		e.startLocked()
	}
}

func (e *Engine) leaveLocked() {
	e.senders--
	if e.senders > 0 {
		return
	}
	if e.pacer.inFlight == 0 && !e.pacer.gate.closed {
		e.pacer.limit.restart()
	}
	if e.idle != nil {
		close(e.idle)
		e.idle = nil
	}
}

// alarmLocked has Wake called at a moment, unless that happens earlier anyway.
func (e *Engine) alarmLocked(at time.Time) {
	if at.IsZero() || e.stopped || !e.alarm.IsZero() && !at.Before(e.alarm) {
		return
	}
	e.alarm = at
	if e.timer == nil {
		e.timer = time.AfterFunc(time.Until(at), e.ring)
		return
	}
	e.timer.Reset(time.Until(at))
}

func (e *Engine) ring() {
	e.mu.Lock()
	e.alarm = time.Time{}
	e.mu.Unlock()
	e.Wake()
}
