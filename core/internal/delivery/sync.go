package delivery

import (
	"fmt"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// syncLocked schedules sync, unless it is scheduled already. One that runs may be
// too early: another follows it, so that a store that hangs keeps one goroutine
// and not one for each event.
func (e *Engine) syncLocked() {
	switch {
	case e.syncer == nil || e.stopped:
	case e.syncing:
		e.syncAgain = true
	default:
		e.syncInLocked(e.syncer.SyncAfter())
	}
}

func (e *Engine) syncInLocked(after time.Duration) {
	if e.stopped {
		return
	}
	e.syncing = true
	e.syncTimer = time.AfterFunc(after, e.sync)
}

// sync makes safe what was put and settled since the last time. What the store
// handed over can be taken, by this process too.
func (e *Engine) sync() {
	e.mu.Lock()
	e.syncAgain = false
	stopped := e.stopped
	e.mu.Unlock()
	if stopped {
		return // Close does it
	}
	handedOver, err := e.syncStore()
	for _, id := range handedOver {
		e.end(id, nil)
	}
	switch {
	case err == nil:
		e.outage.storeWorks(storeInbox)
	case e.ctx.Err() == nil: // else it was stopped, and Close tells what is lost
		e.outage.storeFailed(storeInbox, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.syncing = false
	if err != nil {
		e.syncInLocked(backoff(e.syncFails, storePause))
		e.syncFails++
	} else {
		e.syncFails = 0
		if e.syncAgain {
			e.syncLocked()
		}
	}
	if len(handedOver) > 0 {
		e.wakes++
		e.startLocked()
	}
}

// syncStore contains a panic of the store, or of the user's Redis client.
func (e *Engine) syncStore() (handedOver []store.ID, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %v", p)
		}
	}()
	return e.syncer.Sync(e.ctx)
}

// hurrySync does not wait for the pause after a failed sync.
func (e *Engine) hurrySync() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.syncing && e.syncFails > 0 && e.syncTimer.Stop() {
		e.syncInLocked(0)
	}
}
