package bb_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// One event that fails alone says little about the API: the next goes at once.
func TestLoneFailureDoesNotHoldUpTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: always("poison", 500)}
		client := newClient(t, api)
		client.Send(bb.Event{Name: "poison"})
		time.Sleep(10 * time.Minute)
		client.Send(bb.Event{Name: "order_paid"})
		synctest.Wait()
		if api.delivered() != 1 {
			t.Error("the event waits behind one that always fails")
		}
	})
}

// Nor behind two: a new event may contradict what events that failed before got.
func TestNewEventDoesNotWaitForOldFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: always("poison", 403)}
		client := newClient(t, api)
		client.Send(bb.Event{Name: "poison"})
		client.Send(bb.Event{Name: "poison"})
		for range 10 {
			time.Sleep(20*time.Minute + 17*time.Second)
			before := client.Stats().Delivered
			client.Send(bb.Event{Name: "order_paid"})
			time.Sleep(time.Second)
			if client.Stats().Delivered != before+1 {
				t.Fatal("the event waits behind two that always fail")
			}
		}
	})
}

// A probe that fails may be to blame itself: the next probe is another event.
func TestProbesAlternate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: status(401)}
		client := newClient(t, api)
		client.Send(bb.Event{Name: "old"})
		time.Sleep(20 * time.Minute)
		before := len(api.seen())
		client.Send(bb.Event{Name: "new"})
		time.Sleep(20 * time.Minute)
		probes := api.seen()[before:]
		if before < 10 || len(probes) < 10 {
			t.Fatalf("%d and %d probes in 20 minutes each", before, len(probes))
		}
		for i := 1; i < len(probes); i++ {
			if probes[i].name == probes[i-1].name {
				t.Fatalf("probe %d and the one before were both %q", i, probes[i].name)
			}
		}
	})
}

// Requests that were on their way when the API asked two events for silence may
// succeed; the silence is kept all the same.
func TestLateSuccessDoesNotBreakRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var before, batch, limited time.Time
		n := 0
		api := &fakeAPI{}
		api.answer = func(r request) (int, http.Header, error) {
			api.mu.Lock()
			if batch.IsZero() && r.n > 100 && r.at.After(before) {
				batch = r.at // of sixteen requests, sent at one instant
			}
			before = r.at
			over := r.at.Equal(batch) && n < 2
			if over {
				n++
			}
			api.mu.Unlock()
			if over {
				time.Sleep(10 * time.Millisecond)
				api.mu.Lock()
				limited = time.Now()
				api.mu.Unlock()
				return 429, http.Header{"Retry-After": {"60"}}, nil
			}
			time.Sleep(50 * time.Millisecond)
			return 200, nil, nil
		}
		client := newClient(t, api)
		sendMany(client, 1000)
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n != 2 {
			t.Fatalf("%d requests were limited, want 2", n)
		}
		for _, r := range api.seen() {
			if wait := r.at.Sub(limited); wait > 0 && wait < time.Minute {
				t.Fatalf("a request %v after the API had asked for a minute of silence", wait)
			}
		}
	})
}

// A Retry-After that one event gets while others are delivered is its own: they
// go on, and it does not go before its time, not for a Flush either.
func TestRetryAfterOfOneEventIsItsOwn(t *testing.T) {
	for _, code := range []int{429, 503} {
		synctest.Test(t, func(t *testing.T) {
			var asked time.Time
			api := &fakeAPI{}
			api.answer = func(r request) (int, http.Header, error) {
				time.Sleep(50 * time.Millisecond)
				if r.name != "limited" {
					return 200, nil, nil
				}
				if asked.IsZero() {
					asked = time.Now()
					return code, http.Header{"Retry-After": {"30"}}, nil
				}
				if early := 30*time.Second - r.at.Sub(asked); early > 0 {
					t.Errorf("%d: asked again %v before the Retry-After was over", code, early)
				}
				return 200, nil, nil
			}
			client := newClient(t, api)
			sendMany(client, 500)
			client.Send(bb.Event{Name: "limited"})
			sendMany(client, 500)
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if err := client.Flush(ctx); err == nil || client.Stats().Delivered != 1000 {
				t.Errorf("%d: Flush = %v with %d delivered, want all but one", code, err, client.Stats().Delivered)
			}
			if err := client.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took > 40*time.Second {
				t.Errorf("%d: the event was delivered after %v, want soon after 30 s", code, took)
			}
		})
	}
}

// An update that found the outbox full may be delivered again by Telegram.
func TestEventRefusedForLackOfRoomMayComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := time.Now().Add(time.Minute)
		api := &fakeAPI{answer: until(up, 503)}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.Outbox = bb.MemoryOutbox(1) })
		client.Send(bb.Event{Name: "first"})
		client.Observe(message("/start"))
		if s := client.Stats(); s.DroppedBy[bb.DropQueueFull] != 2 {
			t.Fatalf("Stats = %+v, want both events of the update refused", s)
		}
		time.Sleep(3 * time.Minute)
		client.Observe(message("/start"))
		synctest.Wait()
		started := 0
		for _, r := range api.seen() {
			if r.name == bb.EventUserStarted {
				started++
			}
		}
		if started != 1 {
			t.Errorf("user_started was sent %d times, want once", started)
		}
	})
}

// Flush asks once a second, however many callers wait, and however many events
// have their own delay.
func TestFlushIsNoRetryStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: always("poison", 500)}
		client := newClient(t, api)
		for range 50 {
			client.Send(bb.Event{Name: "poison"})
		}
		for range 30 {
			time.Sleep(time.Minute)
			client.Send(bb.Event{Name: "order_paid"})
		}
		before := len(api.seen())
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for range 10 {
			time.Sleep(100 * time.Millisecond)
			wg.Go(func() { _ = client.Flush(ctx) })
		}
		wg.Wait()
		if n := len(api.seen()) - before; n > 10+50*11/60 {
			t.Errorf("%d requests in 10 s of Flush, want about one a second", n)
		}
	})
}

func TestConcurrencyStartsAnewAfterAnIdleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: after(50 * time.Millisecond)}
		client := newClient(t, api)
		sendMany(client, 500)
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		before := len(api.seen())
		sendMany(client, 500)
		time.Sleep(time.Millisecond)
		if n := len(api.seen()) - before; n != 1 {
			t.Errorf("%d requests at once after an idle time, want 1 for a start", n)
		}
	})
}

// A request that hangs since before the API was healthy again does not use up
// the time of Close.
func TestHangingProbeDoesNotHoldUpClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var healed atomic.Bool
		api := &fakeAPI{}
		api.answer = func(r request) (int, http.Header, error) {
			switch {
			case healed.Load():
				return 200, nil, nil
			case r.n <= 3:
				return 500, nil, nil
			}
			<-r.ctx.Done()
			return 0, nil, r.ctx.Err()
		}
		client := newClient(t, api)
		sendMany(client, 20)
		for len(api.seen()) < 4 {
			time.Sleep(time.Millisecond)
		}
		healed.Store(true)
		if err := client.Close(); client.Stats().Delivered < 19 {
			t.Errorf("Close = %v with %d delivered, want all but the one that hangs", err, client.Stats().Delivered)
		}
	})
}
