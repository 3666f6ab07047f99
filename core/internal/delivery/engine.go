package delivery

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
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
	Throttled(r outbox.Record) // Admit said no

	// With a shared outbox only:
	Taken(r outbox.Record) // it is this process's for now
	HandedOver()           // a record that was, is not any more
}

// Config is what an Engine is made of. All fields but Admit are required.
type Config struct {
	Endpoint    *Endpoint
	Outbox      outbox.Outbox
	MaxInFlight int
	MaxAge      time.Duration
	Lease       time.Duration
	Logger      *slog.Logger
	Logs        *serial.Queue // where log lines are written
	Observer    Observer

	// Admit has the last word before the first request of an event; false ends
	// it. It may wait for the network. nil: all may go.
	Admit func(context.Context, outbox.Record) bool
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

	delivered func()       // of Observer
	shared    bool         // the outbox is
	held      atomic.Int64 // records leased from a shared outbox

	syncAfter time.Duration // 0: the outbox needs no sync

	mu      sync.Mutex // guards what follows; never held across Outbox calls
	pacer   pacer
	senders int           // goroutines
	wakes   uint64        // calls of Wake, to notice one during a Take
	stopped bool          // no sender starts any more
	idle    chan struct{} // closed when the last sender ends, if stop waits
	timer   *time.Timer   // wakes at alarm
	alarm   time.Time

	syncing   bool        // sync will be called, or runs
	syncAgain bool        // and is to be called once more after that
	syncTimer *time.Timer // calls it
	syncFails int         // in a row
}

// outboxPause is how soon an outbox that failed is asked again.
const outboxPause = 5 * time.Second

// New returns an Engine that starts with the first Wake.
func New(cfg Config) *Engine {
	e := &Engine{Config: cfg, pacer: newPacer(cfg.MaxInFlight)}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.outage = outage{logger: cfg.Logger, logs: cfg.Logs, place: cfg.Outbox.Place(), waiting: e.Pending}
	e.flushes.box = cfg.Outbox
	e.delivered = cfg.Observer.Delivered
	e.syncAfter, e.shared = cfg.Outbox.SyncAfter(), cfg.Outbox.Shared()
	return e
}

// Pending is the number of records that are not settled.
func (e *Engine) Pending() int {
	n, _ := e.Outbox.Len()
	return n + int(e.held.Load())
}

// Wake makes sure that a sender looks at the outbox if one may.
func (e *Engine) Wake() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wakes++
	e.startLocked()
	e.syncLocked(e.syncAfter)
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

func (e *Engine) isStopped() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stopped
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
