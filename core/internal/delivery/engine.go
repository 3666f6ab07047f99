package delivery

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// Observer counts what becomes of records. Its methods are called from several
// goroutines and must be quick.
type Observer interface {
	Delivered()
	Retried() // a request beyond the first of an event is about to go
	Refused(r store.Record, why *endpoint.Problem)
	Expired(r store.Record)
	Unreadable(r store.Record)
	Throttled(r store.Record) // Precheck said no
}

// Config is what an Engine is made of. All fields but Precheck are required.
type Config struct {
	Endpoint    endpoint.Config
	Store       store.Store
	Fingerprint string // of the destination
	MaxInFlight int
	MaxAge      time.Duration
	Lease       time.Duration
	Log         *callbacks.Log
	Observer    Observer

	// Precheck reports whether an event may go at all. It is called before the
	// first request of the event and may wait for the network. nil: all may go.
	Precheck func(context.Context, store.Record) bool
}

// Engine delivers what a store holds. It has no goroutine while there is
// nothing to send: Wake and one timer start senders, which end when nothing is
// left that may go now.
type Engine struct {
	Config
	ctx     context.Context // of every request and connection; ends with Stop
	cancel  context.CancelFunc
	api     *endpoint.Endpoint
	outage  outage
	flushes flushes
	syncer  store.Syncer // nil: the store needs none

	delivered func() // of Observer
	strangers sync.Once

	mu      sync.Mutex // guards what follows; never held across calls of the store
	pacer   pacer
	senders int           // goroutines
	wakes   uint64        // calls of Wake, to notice one during a Take
	stopped bool          // no sender starts any more
	idle    chan struct{} // closed when the last sender ends, if Stop waits
	timer   *time.Timer   // calls ring at alarm
	alarm   time.Time

	syncing   bool        // sync will be called, or runs
	syncAgain bool        // and is to be called once more after that
	syncTimer *time.Timer // calls it
	syncFails int         // in a row
}

// storePause is how soon a store that failed is asked again.
const storePause = 5 * time.Second

// New returns an Engine for a store, in which events of an earlier run may wait.
func New(cfg Config) *Engine {
	e := &Engine{Config: cfg, pacer: newPacer(cfg.MaxInFlight)}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.api = endpoint.New(e.ctx, cfg.Endpoint)
	e.outage = outage{log: cfg.Log, place: cfg.Store.Name(), waiting: e.waiting}
	e.flushes.store = cfg.Store
	e.delivered = cfg.Observer.Delivered
	e.syncer, _ = cfg.Store.(store.Syncer)
	e.identify()
	if e.syncer != nil { // what is not in this process's memory alone may hold something
		e.Wake()
	}
	return e
}

// Flow returns the store's part of the ledger.
func (e *Engine) Flow() store.Flow { return e.Store.Flow() }

func (e *Engine) waiting() int { return e.Flow().Pending }

// Wake makes sure that a sender looks at the store if one may.
func (e *Engine) Wake() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wakes++
	e.pacer.come()
	e.startLocked()
	e.syncLocked()
}

// startLocked starts a sender, if a request may go.
func (e *Engine) startLocked() {
	if p, ok := e.acquireLocked(); ok {
		e.senders++
		go e.send(p)
	}
}

// urge starts a sender for Flush, if the pacer allows it.
func (e *Engine) urge() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return
	}
	if p, ok := e.pacer.urge(time.Now()); ok {
		e.senders++
		go e.send(p)
	}
}

// acquireLocked asks for a permit. If there will be one later, ring follows.
func (e *Engine) acquireLocked() (permit, bool) {
	if e.stopped || e.pacer.busy() { // which Send finds most often, and need not know the time for
		return permit{}, false
	}
	p, next, ok := e.pacer.acquire(time.Now())
	if !ok {
		e.alarmLocked(next)
	}
	return p, ok
}

// send makes requests until nothing is left that may go now.
func (e *Engine) send(p permit) {
	for ok := true; ok; {
		p, ok = e.step(p)
	}
}

// step uses a permit for one request and returns the permit for the next, if
// the sender is to go on. A store that panics costs no more than a pause.
func (e *Engine) step(p permit) (next permit, ok bool) {
	done := false
	defer func() {
		if done {
			return
		}
		// With runtime.Goexit there is nothing to recover, and the sender ends.
		e.outage.storeFailed(storeSource, fmt.Errorf("it panicked, or ended its goroutine: %v", recover()))
		e.mu.Lock()
		defer e.mu.Unlock()
		e.pacer.release(p)
		e.alarmLocked(time.Now().Add(storePause))
		e.leaveLocked()
	}()
	wakes := e.wakesSoFar()
	r, wait, found := e.take(p)
	if found {
		e.scaleUp()
		delivered := e.attempt(r, p)
		next, ok = e.nextPermit()
		next.early = delivered && p.early // Flush waits for the other delayed events too
	} else {
		next, ok = e.park(p, wakes, wait)
	}
	done = true
	return next, ok
}

func (e *Engine) wakesSoFar() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.wakes
}

// park ends a sender that found nothing due, unless something came meanwhile.
func (e *Engine) park(p permit, wakes uint64, wait time.Duration) (permit, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pacer.release(p)
	if e.wakes != wakes {
		if p, ok := e.acquireLocked(); ok {
			return p, true
		}
	}
	if wait > 0 {
		e.alarmLocked(time.Now().Add(wait))
	}
	e.leaveLocked()
	return permit{}, false
}

// nextPermit asks for a permit for one more request.
func (e *Engine) nextPermit() (permit, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p, ok := e.acquireLocked()
	if !ok {
		e.leaveLocked()
	}
	return p, ok
}

// scaleUp starts one more sender if the pacer allows it. That one looks for
// itself whether there is work, and scales up in turn.
func (e *Engine) scaleUp() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.startLocked()
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
	if e.pacer.inFlight == 0 && !e.pacer.closed {
		e.pacer.restart()
	}
	if e.idle != nil {
		close(e.idle)
		e.idle = nil
	}
}

// alarmLocked schedules ring at a moment unless an earlier one is set.
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
	defer e.mu.Unlock()
	e.alarm = time.Time{}
	e.startLocked()
}
