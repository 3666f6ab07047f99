package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// stopGrace is how long stopping waits for requests that were cancelled, and a
// Flush that was for its end; only a foreign transport that ignores its
// context, or a disk that hangs, takes that long.
const stopGrace = 250 * time.Millisecond

var errStopped = errors.New("bb: the client is shut down, and not all events were delivered")

// flushes settles records on behalf of the engine and knows who waits for
// them.
type flushes struct {
	store store.Store

	// Settling holds it for reading, so that several can; beginning to wait
	// holds it for writing, so that what is settled then is counted either by
	// the outbox as gone or by the flush as done, and never as both.
	mu      sync.RWMutex
	waiting []*flush
	sealed  bool // the store is closed
}

// flush is one call that waits for every record up to last.
type flush struct {
	last  store.ID
	left  atomic.Int64
	since time.Time
	once  sync.Once
	done  chan struct{} // closed once left is 0 or why or err is set
	why   *endpoint.Problem
	err   error
}

func (w *flush) end(why *endpoint.Problem, err error) {
	w.once.Do(func() {
		w.why, w.err = why, err
		close(w.done)
	})
}

// settle applies an outcome and calls then, if it is not nil. Once the store is
// closed, or where it fails, nothing happens: the record then comes again when
// its lease is over.
func (f *flushes) settle(out store.Outcome, then func()) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.sealed {
		return nil
	}
	if err := f.store.Settle(out); err != nil {
		return err
	}
	if then != nil {
		then()
	}
	if !out.Remove {
		return nil
	}
	for _, w := range f.waiting {
		if !out.ID.After(w.last) && w.left.Add(-1) == 0 {
			w.end(nil, nil)
		}
	}
	return nil
}

// fail ends the calls for which an answer showed that waiting is in vain.
func (f *flushes) fail(why *endpoint.Problem, hopeless func(since time.Time, waiting int) bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, w := range f.waiting {
		if hopeless(w.since, int(w.left.Load())) {
			w.end(why, nil)
		}
	}
}

func (f *flushes) begin() *flush {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, last := f.store.Len()
	w := &flush{last: last, since: time.Now(), done: make(chan struct{})}
	w.left.Store(int64(n))
	switch {
	case n == 0:
		w.end(nil, nil)
	case f.sealed:
		w.end(nil, errStopped)
	}
	f.waiting = append(f.waiting, w)
	return w
}

// seal closes the store and ends every Flush that still waits.
func (f *flushes) seal() (lost []store.Record, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sealed = true
	for _, w := range f.waiting {
		w.end(nil, errStopped)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("bb: the outbox panicked: %v", p)
		}
	}()
	return f.store.Close()
}

func (f *flushes) abandon(w *flush) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = slices.DeleteFunc(f.waiting, func(other *flush) bool { return other == w })
}

// Flush waits until what the store holds now is settled. It ends early with why
// when the API's answer shows that waiting is in vain, and with ctx's error and
// the last failure, if there is one, when ctx ends first.
func (e *Engine) Flush(ctx context.Context) (why *endpoint.Problem, err error) {
	w := make(chan *flush, 1)
	go func() { w <- e.flush(ctx) }()
	select {
	case w := <-w:
		return w.why, w.err
	case <-ctx.Done():
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case w := <-w:
		return w.why, w.err
	case <-grace.C: // a disk hangs in the middle of a Settle
		return e.outage.lastFailure(), ctx.Err()
	}
}

// flush returns a flush that has ended.
func (e *Engine) flush(ctx context.Context) *flush {
	w := e.flushes.begin()
	defer e.flushes.abandon(w)
	ticker := time.NewTicker(urgeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-w.done: // even if ctx has ended too
			return w
		default:
		}
		e.urge()
		e.hurrySync()
		select {
		case <-w.done:
		case <-ctx.Done():
			w.end(e.outage.lastFailure(), ctx.Err())
		case <-ticker.C:
		}
	}
}

// Stop closes the store and returns what is lost with it. It lets requests that
// are on their way end, within ctx and while their lease lasts, and cancels them
// then. Call it once.
func (e *Engine) Stop(ctx context.Context) (lost []store.Record, err error) {
	e.mu.Lock()
	e.stopped = true
	for _, timer := range []*time.Timer{e.timer, e.syncTimer} {
		if timer != nil {
			timer.Stop()
		}
	}
	idle := make(chan struct{})
	if e.senders == 0 {
		close(idle)
	} else {
		e.idle = idle
	}
	e.mu.Unlock()

	leased, cancel := context.WithTimeout(ctx, e.Lease)
	defer cancel()
	select {
	case <-idle:
	case <-leased.Done():
	}
	e.cancel()
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-idle:
	case <-grace.C:
	}

	e.api.Drop()
	lost, err = e.flushes.seal()
	return lost, e.Log.Clean(err)
}

// Check asks the API whether it is there and accepts the key.
func (e *Engine) Check(ctx context.Context) *endpoint.Problem { return e.api.Check(ctx) }
