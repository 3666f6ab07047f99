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
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/memory"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

func TestPanickingOutboxCostsEventsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Outbox = &nilOutbox{} })
		sendMany(client, 3)
		if err := client.Close(); err == nil {
			t.Error("Close = nil of an outbox that panics")
		}
		if s := client.Stats(); s.DroppedBy[bb.DropOutbox] != 3 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

// nilOutbox as a nil pointer, or with nothing in it, panics in every method.
type nilOutbox struct{ bb.Outbox }

func TestTypedNilOutboxMeansMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		api := &fakeAPI{}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.Outbox = (*nilOutbox)(nil)
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
type forgetful struct{ outbox.Outbox }

func (forgetful) Settle(outbox.Outcome) error { return errors.New("disk on fire") }

func TestSettleThatFailsIsNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
			cfg.Outbox = forgetful{memory.New(outbox.Bounds{Events: 100, Bytes: 1 << 20})}
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
	outbox.Outbox
	entered, release chan struct{}
}

func (h heldPut) Put(r outbox.Record) (outbox.ID, error) {
	close(h.entered)
	<-h.release
	return h.Outbox.Put(r)
}

// In real time: a bubble's clock stands still while somebody waits for a lock.
func TestShutdownWaitsForEventsOnTheirWayIn(t *testing.T) {
	api := &fakeAPI{}
	box := heldPut{memory.New(outbox.Bounds{Events: 100, Bytes: 1 << 20}), make(chan struct{}), make(chan struct{})}
	client := newClient(t, api, func(cfg *bb.Config) { cfg.Outbox = box })
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
	outbox.Outbox
	outcomes []outbox.Outcome
}

func (r *recorded) Settle(out outbox.Outcome) error {
	r.outcomes = append(r.outcomes, out)
	return r.Outbox.Settle(out)
}

// A request that Shutdown cancels says nothing about its event.
func TestCancelledRequestIsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &recorded{Outbox: memory.New(outbox.Bounds{Events: 100, Bytes: 1 << 20})}
		client := newClient(t, silent{}, func(cfg *bb.Config) { cfg.Outbox = box })
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
	outbox.Outbox
	release chan struct{}
}

func (s stuck) Close() ([]outbox.Record, error) {
	<-s.release
	return s.Outbox.Close()
}

func TestShutdownReturnsThoughTheOutboxHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := stuck{memory.New(outbox.Bounds{Events: 100, Bytes: 1 << 20}), make(chan struct{})}
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Outbox = box })
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
	outbox.Outbox
	syncs, fails atomic.Int32
}

func (u *unsafeYet) SyncAfter() time.Duration { return time.Second }

func (u *unsafeYet) Sync(context.Context) ([]outbox.ID, error) {
	if u.syncs.Add(1) <= u.fails.Load() {
		return nil, errors.New("disk on fire")
	}
	return nil, nil
}

func TestFailedSyncIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &unsafeYet{Outbox: bb.MemoryOutbox(10)}
		box.fails.Store(4)
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Outbox = box })
		client.Send(bb.Event{Name: "x"})
		time.Sleep(time.Minute)
		if n := box.syncs.Load(); n != 5 {
			t.Errorf("%d syncs, want 4 that failed and one more", n)
		}
	})
}

// hungSync is an outbox whose Sync takes half a minute.
type hungSync struct {
	outbox.Outbox
	calls, now, most atomic.Int32
}

func (h *hungSync) SyncAfter() time.Duration { return 5 * time.Millisecond }

func (h *hungSync) Sync(context.Context) ([]outbox.ID, error) {
	h.calls.Add(1)
	h.most.Store(max(h.most.Load(), h.now.Add(1)))
	defer h.now.Add(-1)
	time.Sleep(30 * time.Second)
	return nil, nil
}

func TestSyncThatHangsIsCalledOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &hungSync{Outbox: bb.MemoryOutbox(10)}
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Outbox = box })
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
	outbox.Outbox
	entered, release chan struct{}
}

func (s *hungSettle) Settle(out outbox.Outcome) error {
	s.entered <- struct{}{}
	<-s.release
	return s.Outbox.Settle(out)
}

func TestFlushEndsWhileSettleHangs(t *testing.T) {
	box := &hungSettle{bb.MemoryOutbox(10), make(chan struct{}), make(chan struct{})}
	client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Outbox = box })
	client.Send(bb.Event{Name: "x"})
	<-box.entered
	if err := client.Flush(ended()); !errors.Is(err, context.Canceled) {
		t.Errorf("Flush = %v, want its context's error", err)
	}
	close(box.release)
}
