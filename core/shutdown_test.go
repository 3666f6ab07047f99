package bb_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

func TestCloseDeliversWhatIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: after(50 * time.Millisecond)}
		client := newClient(t, api)
		sendMany(client, 300)
		if err := client.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		if n := api.delivered(); n != 300 {
			t.Errorf("%d of 300 delivered", n)
		}
	})
}

// Of nine peers eight gave up on the first failure once they were closing.
func TestShutdownKeepsRetrying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := time.Now().Add(2 * time.Second)
		api := &fakeAPI{answer: until(up, 503)}
		client := newClient(t, api)
		sendMany(client, 20)
		start := time.Now()
		if err := client.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		if n := api.delivered(); n != 20 {
			t.Errorf("%d of 20 delivered", n)
		}
		if took := time.Since(start); took > 3500*time.Millisecond {
			t.Errorf("Close took %v after an outage of 2 s", took)
		}
	})
}

func TestShutdownAsksForDelayedEventsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var healed atomic.Bool
		api := &fakeAPI{answer: alwaysUnless(&healed, "unlucky", 500)}
		client := newClient(t, api)
		for range 3 {
			client.Send(bb.Event{Name: "unlucky"})
		}
		for range 20 { // other events arrive, so these three wait longer and longer
			client.Send(bb.Event{Name: "lucky"})
			time.Sleep(time.Minute)
		}
		healed.Store(true)
		if err := client.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		if n := api.delivered(); n != 23 {
			t.Errorf("%d of 23 delivered", n)
		}
	})
}

// Once the API takes events again, those that wait for their delay need not wait
// for the next second each.
func TestShutdownAsksForManyDelayedEventsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const unlucky = 40
		var healed atomic.Bool
		api := &fakeAPI{answer: alwaysUnless(&healed, "unlucky", 500)}
		client := newClient(t, api)
		for range unlucky {
			client.Send(bb.Event{Name: "unlucky"})
			client.Send(bb.Event{Name: "lucky"})
			time.Sleep(time.Second)
		}
		for range 10 { // each failure is followed by a delivery, so they wait on their own
			client.Send(bb.Event{Name: "lucky"})
			time.Sleep(time.Minute)
		}
		healed.Store(true)
		if err := client.Close(); err != nil || api.delivered() != 2*unlucky+10 {
			t.Errorf("Close = %v, %d of %d delivered", err, api.delivered(), 2*unlucky+10)
		}
	})
}

func TestShutdownReportsWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(request) (int, http.Header, error) { return 0, nil, errRefused }}
		var saved []bb.Event
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.OnDrop = func(ev bb.Event, reason bb.DropReason) {
				if reason != bb.DropClosed {
					t.Errorf("dropped as %s, want closed", reason)
				}
				saved = append(saved, ev)
			}
		})
		sendMany(client, 5000)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := client.Shutdown(ctx)
		if err == nil || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "5000 events") {
			t.Errorf("Shutdown = %v, want the number of lost events and the reason", err)
		}
		if len(saved) != 5000 {
			t.Errorf("OnDrop was told of %d of 5000 lost events", len(saved))
		}
		if again := client.Shutdown(t.Context()); again != err {
			t.Errorf("a second Shutdown = %v, want the result of the first", again)
		}
		client.Send(bb.Event{Name: "late"})
		synctest.Wait()
		if s := client.Stats(); s.DroppedBy[bb.DropClosed] != 5001 || s.Pending != 0 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

func TestShutdownStopsAtOnceWithAWrongKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, &fakeAPI{answer: status(401)})
		sendMany(client, 3)
		time.Sleep(10 * time.Second)
		start := time.Now()
		err := client.Close()
		if err == nil || !strings.Contains(err.Error(), "BB_INTEGRATION_KEY") {
			t.Errorf("Close = %v, want what to set", err)
		}
		if took := time.Since(start); took > 1500*time.Millisecond {
			t.Errorf("Close took %v, though the key is wrong", took)
		}
	})
}

func TestShutdownWithHangingAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		api := &fakeAPI{answer: func(request) (int, http.Header, error) {
			<-release // deaf to its context
			return 200, nil, nil
		}}
		client := newClient(t, api)
		sendMany(client, 10)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := client.Shutdown(ctx); err == nil {
			t.Error("Shutdown = nil, though nothing was delivered")
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("Shutdown took %v with a deadline of 1 s", took)
		}
		checkLedger(t, client)
		close(release) // the late answers change nothing any more
		synctest.Wait()
		checkLedger(t, client)
		if s := client.Stats(); s.Delivered != 0 || s.DroppedBy[bb.DropClosed] != 10 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

func TestEventsSentWhileDrainingAreDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: after(100 * time.Millisecond)}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.MaxInFlight = 1 })
		client.Send(bb.Event{Name: "first"})
		go func() {
			time.Sleep(50 * time.Millisecond)
			client.Send(bb.Event{Name: "last_words"})
		}()
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if n := api.delivered(); n != 2 {
			t.Errorf("%d of 2 delivered", n)
		}
	})
}

// Whatever Send raced with Shutdown is delivered or counted.
func TestSendAndShutdownConcurrentSafe(t *testing.T) {
	for range 50 {
		api := &fakeAPI{}
		client := newClient(t, api)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { sendMany(client, 50) })
		}
		wg.Go(func() { _ = client.Close() })
		wg.Go(func() { _ = client.Close() })
		wg.Wait()
		_ = client.Close()
		s := client.Stats()
		if s.Received != 200 || int(s.Delivered) != api.delivered() || s.Delivered+s.DroppedBy[bb.DropClosed] != 200 {
			t.Fatalf("Stats = %+v, %d arrived", s, api.delivered())
		}
	}
}

func TestFlushWaitsForEarlierEventsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			time.Sleep(time.Second)
			return 200, nil, nil
		}}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.MaxInFlight = 1 })
		sendMany(client, 2)
		go func() {
			time.Sleep(500 * time.Millisecond)
			sendMany(client, 30)
		}()
		start := time.Now()
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("Flush of two events took %v, want 2 s", took)
		}
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// A later event that overtakes an earlier one does not stand in for it.
func TestFlushWaitsForTheEventsThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := 3
		api := &fakeAPI{}
		api.answer = func(r request) (int, http.Header, error) {
			api.mu.Lock()
			defer api.mu.Unlock()
			if r.name == "slow" && failures > 0 {
				failures--
				return 500, nil, nil
			}
			return 200, nil, nil
		}
		client := newClient(t, api)
		client.Send(bb.Event{Name: "slow"})
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() {
			for range 10 {
				time.Sleep(10 * time.Millisecond)
				client.Send(bb.Event{Name: "quick"})
			}
		})
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		slow := 0
		for _, r := range api.seen() {
			if r.name == "slow" {
				slow++
			}
		}
		if slow != 4 {
			t.Errorf("Flush returned after %d of 4 requests for the event", slow)
		}
	})
}

func TestCheck(t *testing.T) {
	cases := []struct {
		status int
		says   string // "": no error
	}{
		{422, ""}, {200, ""},
		{401, "BB_INTEGRATION_KEY"}, {404, "BB_API_BASE_URL"}, {405, "BB_API_BASE_URL"}, {302, "redirect"}, {503, "HTTP 503"},
	}
	for _, c := range cases {
		api := &fakeAPI{answer: status(c.status)}
		client := newClient(t, api)
		err := client.Check(t.Context())
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("Check at HTTP %d = %v, want %q", c.status, err, c.says)
		}
	}
	disabled, err := bb.New(bb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, client := range []*bb.Client{nil, disabled} {
		if err := client.Check(t.Context()); !errors.Is(err, bb.ErrDisabled) {
			t.Errorf("Check of a client that does nothing = %v, want ErrDisabled", err)
		}
	}
}

func TestFlushOfNothingWithAnEndedContext(t *testing.T) {
	client := newClient(t, &fakeAPI{})
	for range 100 {
		if err := client.Flush(ended()); err != nil {
			t.Fatalf("Flush = %v, though nothing waits", err)
		}
	}
}

// An answer to a request from before a Flush does not end it.
func TestOldAnswerDoesNotEndFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			time.Sleep(time.Second)
			if r.n == 1 {
				return 401, nil, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api)
		sendMany(client, 1)
		time.Sleep(500 * time.Millisecond)
		if err := client.Flush(t.Context()); err != nil {
			t.Errorf("Flush = %v, though the key was accepted after it began", err)
		}
	})
}

// A Flush that waits ends when another goroutine shuts the client down.
func TestFlushEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, &fakeAPI{answer: status(500)})
		sendMany(client, 3)
		flushed := make(chan error, 1)
		go func() { flushed <- client.Flush(context.Background()) }()
		synctest.Wait()
		_ = client.Close()
		if err := <-flushed; err == nil {
			t.Error("Flush = nil, though nothing was delivered")
		}
		if err := client.Flush(t.Context()); err != nil {
			t.Errorf("Flush after Shutdown = %v, though nothing waits any more", err)
		}
	})
}

// Shutdown from a callback that it waits for ends all the same.
func TestShutdownInsideOnDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var client *bb.Client
		client = newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
			cfg.OnDrop = func(bb.Event, bb.DropReason) { _ = client.Shutdown(context.Background()) }
		})
		client.Send(bb.Event{})
		synctest.Wait()
		if err := client.Close(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
