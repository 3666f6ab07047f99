package delivery

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// stopGrace is how long stopping waits for requests that were cancelled; only
// a foreign transport that ignores its context takes that long.
const stopGrace = 250 * time.Millisecond

// flushes settles records on behalf of the engine and knows who waits for
// them. Its lock makes counting and settling one step; Send never takes it.
type flushes struct {
	box outbox.Outbox

	mu      sync.Mutex
	waiting []*flush
	sealed  bool // the outbox is closed
}

// flush is one call that waits for every record up to last.
type flush struct {
	last  outbox.ID
	left  int
	since time.Time
	done  chan struct{} // closed once left is 0 or problem is set
	err   error
}

func (f *flushes) settle(out outbox.Outcome) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sealed {
		return false, nil
	}
	err := f.box.Settle(out)
	if !out.Remove {
		return true, err
	}
	f.waiting = slices.DeleteFunc(f.waiting, func(w *flush) bool {
		if out.ID.After(w.last) {
			return false
		}
		if w.left--; w.left > 0 {
			return false
		}
		close(w.done)
		return true
	})
	return true, err
}

// fail ends the calls that were waiting when a request began whose answer says
// that no event will be taken as things are.
func (f *flushes) fail(err error, began time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = slices.DeleteFunc(f.waiting, func(w *flush) bool {
		if w.since.After(began) {
			return false
		}
		w.err = err
		close(w.done)
		return true
	})
}

func (f *flushes) any() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.waiting) > 0
}

func (f *flushes) begin() *flush {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := &flush{since: time.Now(), done: make(chan struct{})}
	w.left, w.last = f.box.Len()
	if w.left == 0 {
		close(w.done)
		return w
	}
	f.waiting = append(f.waiting, w)
	return w
}

func (f *flushes) abandon(w *flush) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = slices.DeleteFunc(f.waiting, func(other *flush) bool { return other == w })
}

// Flush waits until what the outbox holds now is settled. It ends early with
// ctx's error, or with a *Problem when the API's answer shows that waiting is
// in vain.
func (e *Engine) Flush(ctx context.Context) error {
	w := e.flushes.begin()
	defer e.flushes.abandon(w)
	ticker := time.NewTicker(urgeEvery)
	defer ticker.Stop()
	for {
		e.urge()
		select {
		case <-w.done:
			return w.err
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// Stop ends all requests, closes the outbox and returns what is lost with it.
// Call it once.
func (e *Engine) Stop() (lost []outbox.Record, err error) {
	e.mu.Lock()
	e.stopped = true
	if e.timer != nil {
		e.timer.Stop()
	}
	idle := make(chan struct{})
	if e.senders == 0 {
		close(idle)
	} else {
		e.idle = idle
	}
	e.mu.Unlock()

	e.cancel()
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-idle:
	case <-grace.C:
	}

	e.flushes.mu.Lock()
	defer e.flushes.mu.Unlock()
	e.flushes.sealed = true
	e.Endpoint.Close()
	return e.Outbox.Close()
}
