package delivery

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// stopGrace is how long stopping waits for requests that were cancelled, and a
// Flush that was for its end; only a foreign transport that ignores its
// context, or a disk that hangs, takes that long.
const stopGrace = 250 * time.Millisecond

var errStopped = errors.New("bb: the client is shut down, and not all events were delivered")

// flushes settles records on behalf of the engine and knows who waits for
// them.
type flushes struct {
	box outbox.Outbox

	// Settling holds it for reading, so that several can; beginning to wait
	// holds it for writing, so that what is settled then is counted either by
	// the outbox as gone or by the flush as done, and never as both.
	mu      sync.RWMutex
	waiting []*flush
	sealed  bool // the outbox is closed
}

// flush is one call that waits for every record up to last.
type flush struct {
	last  outbox.ID
	left  atomic.Int64
	since time.Time
	once  sync.Once
	done  chan struct{} // closed once left is 0 or err is set
	err   error
}

func (w *flush) end(err error) {
	w.once.Do(func() {
		w.err = err
		close(w.done)
	})
}

// settle applies an outcome and calls then. Once the outbox is closed, or where
// it fails, nothing happens: the record then comes again when its lease is over.
func (f *flushes) settle(out outbox.Outcome, then func()) (done bool, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.sealed {
		return false, nil
	}
	if err := f.box.Settle(out); err != nil {
		return false, err
	}
	then()
	if !out.Remove {
		return true, nil
	}
	for _, w := range f.waiting {
		if !out.ID.After(w.last) && w.left.Add(-1) == 0 {
			w.end(nil)
		}
	}
	return true, nil
}

// fail ends the calls that were waiting when a request began whose answer says
// that no event will be taken as things are.
func (f *flushes) fail(err error, began time.Time) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, w := range f.waiting {
		if !w.since.After(began) {
			w.end(err)
		}
	}
}

func (f *flushes) any() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return len(f.waiting) > 0
}

func (f *flushes) begin() *flush {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, last := f.box.Len()
	w := &flush{last: last, since: time.Now(), done: make(chan struct{})}
	w.left.Store(int64(n))
	switch {
	case n == 0:
		w.end(nil)
	case f.sealed:
		w.end(errStopped)
	}
	f.waiting = append(f.waiting, w)
	return w
}

// seal closes the outbox, and ends everybody who still waits.
func (f *flushes) seal() ([]outbox.Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sealed = true
	for _, w := range f.waiting {
		w.end(errStopped)
	}
	return f.box.Close()
}

func (f *flushes) abandon(w *flush) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = slices.DeleteFunc(f.waiting, func(other *flush) bool { return other == w })
}

// Flush waits until what the outbox holds now is settled. It ends early with
// ctx's error and what is known of its reason, or with a *Problem when the
// API's answer shows that waiting is in vain.
func (e *Engine) Flush(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- e.flush(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case err := <-done:
		return err
	case <-grace.C: // a disk hangs in the middle of a Settle
		return e.outage.explain(ctx.Err())
	}
}

func (e *Engine) flush(ctx context.Context) error {
	w := e.flushes.begin()
	defer e.flushes.abandon(w)
	ticker := time.NewTicker(urgeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-w.done: // even if ctx has ended too
			return w.err
		default:
		}
		e.urge()
		if e.shared {
			e.hurrySync()
		}
		select {
		case <-w.done:
			return w.err
		case <-ctx.Done():
			return e.outage.explain(ctx.Err())
		case <-ticker.C:
		}
	}
}

// Stop ends all requests, closes the outbox and returns what is lost with it.
// What others would send again is let go to its end, within ctx and while its
// lease lasts. Call it once.
func (e *Engine) Stop(ctx context.Context) (lost []outbox.Record, err error) {
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

	if e.shared {
		ctx, cancel := context.WithTimeout(ctx, e.Lease)
		defer cancel()
		select {
		case <-idle:
		case <-ctx.Done():
		}
	}
	e.cancel()
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-idle:
	case <-grace.C:
	}

	e.Endpoint.Close()
	return e.flushes.seal()
}
