package delivery

import (
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// syncLocked has sync called after a while, unless it will be anyway. One that
// is under way may be too early: another follows it, so that an outbox that
// hangs keeps one goroutine and not one for each event.
func (e *Engine) syncLocked(after time.Duration) {
	if e.syncAfter == 0 || e.stopped {
		return
	}
	if e.syncing {
		e.syncAgain = true
		return
	}
	e.syncing = true
	e.syncTimer = time.AfterFunc(after, e.sync)
}

// sync has the outbox make safe what was put and settled since the last time.
// What it handed over can be taken, by this process too.
func (e *Engine) sync() {
	e.mu.Lock()
	e.syncAgain = false
	stopped := e.stopped
	e.mu.Unlock()
	if stopped {
		return // Close does it
	}
	handedOver, err := e.Outbox.Sync(e.ctx)
	for _, id := range handedOver {
		_, _ = e.flushes.settle(outbox.Outcome{ID: id, Remove: true}, e.Observer.HandedOver)
	}
	if err != nil && e.ctx.Err() == nil { // or else it was stopped, and Close tells what is lost
		e.outage.outboxFailed(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.syncing = false
	if err != nil {
		e.syncLocked(backoff(e.syncFails, outboxPause))
		e.syncFails++
	} else {
		e.syncFails = 0
		if e.syncAgain {
			e.syncLocked(e.syncAfter)
		}
	}
	if len(handedOver) > 0 {
		e.wakes++
		e.startLocked()
	}
}

// hurrySync does not wait for the pause after a failed sync.
func (e *Engine) hurrySync() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.syncing && e.syncFails > 0 && e.syncTimer.Stop() {
		e.syncing = false
		e.syncLocked(0)
	}
}
