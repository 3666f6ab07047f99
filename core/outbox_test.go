package bb_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// panicky is an outbox that panics in some methods.
type panicky struct {
	store.Store
	put, take, sync bool
}

func (p panicky) Put(r store.Record) (store.ID, error) {
	if p.put {
		panic("in Put")
	}
	return p.Store.Put(r)
}

func (p panicky) Take(early bool, lease time.Duration) (r store.Record, found bool, wait time.Duration, err error) {
	if p.take {
		panic("in Take")
	}
	return p.Store.Take(early, lease)
}

func (p panicky) Sync(context.Context) ([]store.ID, error) {
	if p.sync {
		panic("in Sync")
	}
	return nil, nil
}

func (panicky) SyncAfter() time.Duration { return time.Second }

func TestPanickingOutboxCostsEventsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
			cfg.Outbox = store.NewHandle(panicky{Store: inMemory(), put: true})
		})
		sendMany(client, 3)
		if err := client.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		if s := client.Stats(); s.DroppedBy[bb.DropOutbox] != 3 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

func TestPanickingOutboxIsTriedAgain(t *testing.T) {
	for name, box := range map[string]panicky{"Take": {take: true}, "Sync": {sync: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log logLines
				box.Store = inMemory()
				client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
					cfg.Outbox, cfg.Logger = store.NewHandle(box), log.logger(slog.LevelError)
				})
				synctest.Wait()
				before := goroutines()
				sendMany(client, 3)
				time.Sleep(10*time.Minute + time.Second)
				synctest.Wait()
				if lines := log.lines(); len(lines) < 5 || len(lines) > 12 || !strings.Contains(lines[0], "in "+name) {
					t.Errorf("log = %q, want a line a minute that says what panicked", lines)
				}
				if n := goroutines(); n > before {
					t.Errorf("%d goroutines more than before", n-before)
				}
			})
		})
	}
}

func TestPanicOfClosingIsContained(t *testing.T) {
	client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
		cfg.Outbox = store.NewHandle(panickyClose{inMemory()})
	})
	if err := client.Close(); err == nil || !strings.Contains(err.Error(), "in Close") {
		t.Errorf("Close = %v, want what panicked", err)
	}
}

type panickyClose struct{ store.Store }

func (panickyClose) Close() ([]store.Record, error) { panic("in Close") }

// nilOutbox as a nil pointer panics.
type nilOutbox struct{ bb.Outbox }

func TestTypedNilOutboxMeansMemory(t *testing.T) {
	for name, box := range map[string]bb.Outbox{"nil": (*nilOutbox)(nil), "empty": store.Handle{}} {
		t.Run(name, func(t *testing.T) { checkMeansMemory(t, box) })
	}
}

func checkMeansMemory(t *testing.T, box bb.Outbox) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		api := &fakeAPI{}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.Outbox = box
			cfg.Logger = log.logger(slog.LevelInfo)
		})
		sendMany(client, 1)
		if err := client.Close(); err != nil || api.delivered() != 1 {
			t.Errorf("Close = %v, %d delivered", err, api.delivered())
		}
		if lines := log.lines(); len(lines) == 0 || !strings.Contains(lines[0], "nil pointer") {
			t.Errorf("log = %q, want a warning", lines)
		}
	})
}

// forgetful is an outbox that cannot settle.
type forgetful struct{ store.Store }

func (forgetful) Settle(store.Outcome) error { return errors.New("disk on fire") }

func TestSettleThatFailsIsNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
			cfg.Outbox = store.NewHandle(forgetful{inMemory()})
			cfg.Logger = log.logger(slog.LevelError)
		})
		sendMany(client, 1)
		synctest.Wait()
		checkLedger(t, client)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := client.Flush(ctx); err == nil {
			t.Error("Flush = nil, though nothing was settled")
		}
		if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], "disk on fire") {
			t.Errorf("log = %q", lines)
		}
	})
}

// heldPut is an outbox whose Put takes until it is released.
type heldPut struct {
	store.Store
	entered, release chan struct{}
}

func (h heldPut) Put(r store.Record) (store.ID, error) {
	close(h.entered)
	<-h.release
	return h.Store.Put(r)
}

// In real time: a bubble's clock stands still while somebody waits for a lock.
func TestShutdownWaitsForEventsOnTheirWayIn(t *testing.T) {
	api := &fakeAPI{}
	box := heldPut{inMemory(), make(chan struct{}), make(chan struct{})}
	client := newClient(t, api, func(cfg *bb.Config) { cfg.Outbox = store.NewHandle(box) })
	go client.Send(bb.Event{Name: "last_words"})
	<-box.entered
	closed := make(chan error, 1)
	go func() { closed <- client.Close() }()
	select {
	case <-closed:
		t.Error("Close did not wait for the event that was on its way")
	case <-time.After(50 * time.Millisecond):
	}
	close(box.release)
	if err := <-closed; err != nil || api.delivered() != 1 {
		t.Errorf("Close = %v, %d of 1 delivered", err, api.delivered())
	}
}

// recorded is an outbox that shows its outcomes.
type recorded struct {
	store.Store
	outcomes []store.Outcome
}

func (r *recorded) Settle(out store.Outcome) error {
	r.outcomes = append(r.outcomes, out)
	return r.Store.Settle(out)
}

// A request that Shutdown cancels says nothing about its event.
func TestCancelledRequestIsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &recorded{Store: inMemory()}
		client := newClient(t, silent{}, func(cfg *bb.Config) { cfg.Outbox = store.NewHandle(box) })
		sendMany(client, 1)
		synctest.Wait()
		_ = client.Shutdown(ended())
		if len(box.outcomes) != 1 || box.outcomes[0].Remove || box.outcomes[0].Attempts != 0 {
			t.Errorf("outcomes = %+v, want the event given back as it was", box.outcomes)
		}
	})
}

// stuck is an outbox that does not come back from Close.
type stuck struct {
	store.Store
	release chan struct{}
}

func (s stuck) Close() ([]store.Record, error) {
	<-s.release
	return s.Store.Close()
}

func TestShutdownReturnsThoughTheOutboxHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := stuck{inMemory(), make(chan struct{})}
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Outbox = store.NewHandle(box) })
		start := time.Now()
		if err := client.Close(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close = %v, want that it goes on in the background", err)
		}
		if took := time.Since(start); took > 7*time.Second {
			t.Errorf("Close took %v", took)
		}
		close(box.release)
	})
}

// unsafeYet is an outbox whose first syncs fail.
type unsafeYet struct {
	store.Store
	syncs, fails atomic.Int32
}

func (u *unsafeYet) SyncAfter() time.Duration { return time.Second }

func (u *unsafeYet) Sync(context.Context) ([]store.ID, error) {
	if u.syncs.Add(1) <= u.fails.Load() {
		return nil, errors.New("disk on fire")
	}
	return nil, nil
}

func TestFailedSyncIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &unsafeYet{Store: inMemory()}
		box.fails.Store(4)
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Outbox = store.NewHandle(box) })
		client.Send(bb.Event{Name: "x"})
		time.Sleep(time.Minute)
		if n := box.syncs.Load(); n != 5 {
			t.Errorf("%d syncs, want 4 that failed and one more", n)
		}
	})
}

// hungSync is an outbox whose Sync takes half a minute.
type hungSync struct {
	store.Store
	calls, now, most atomic.Int32
}

func (h *hungSync) SyncAfter() time.Duration { return 5 * time.Millisecond }

func (h *hungSync) Sync(context.Context) ([]store.ID, error) {
	h.calls.Add(1)
	h.most.Store(max(h.most.Load(), h.now.Add(1)))
	defer h.now.Add(-1)
	time.Sleep(30 * time.Second)
	return nil, nil
}

func TestSyncThatHangsIsCalledOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &hungSync{Store: inMemory()}
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Outbox = store.NewHandle(box) })
		for range 1000 {
			client.Send(bb.Event{Name: "x"})
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(5 * time.Minute)
		if n, most := box.calls.Load(), box.most.Load(); n != 2 || most != 1 {
			t.Errorf("%d syncs, %d at a time; want one, then one for what came meanwhile", n, most)
		}
	})
}

// hungSettle is an outbox whose Settle hangs, as on a disk that does not answer.
type hungSettle struct {
	store.Store
	entered, release chan struct{}
}

func (s *hungSettle) Settle(out store.Outcome) error {
	s.entered <- struct{}{}
	<-s.release
	return s.Store.Settle(out)
}

func TestFlushEndsWhileSettleHangs(t *testing.T) {
	box := &hungSettle{inMemory(), make(chan struct{}), make(chan struct{})}
	client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Outbox = store.NewHandle(box) })
	client.Send(bb.Event{Name: "x"})
	<-box.entered
	if err := client.Flush(ended()); !errors.Is(err, context.Canceled) {
		t.Errorf("Flush = %v, want its context's error", err)
	}
	close(box.release)
}
