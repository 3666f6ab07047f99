package bb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/memory"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// nilError panics when it is looked at.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestErrorThatPanicsIsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, transportFunc(func(*http.Request) (*http.Response, error) {
			return nil, (*nilError)(nil)
		}))
		sendMany(client, 3)
		time.Sleep(time.Minute)
		if s := client.Stats(); s.Pending != 3 {
			t.Errorf("Stats = %+v, want 3 pending", s)
		}
		if err := client.Check(t.Context()); err == nil {
			t.Error("Check = nil")
		}
	})
}

// OnDrop must not see the caller's map, which the caller may change.
func TestOnDropHasItsOwnPayload(t *testing.T) {
	var dropped []string
	release := make(chan struct{})
	client := newClient(t, silent{}, func(cfg *bb.Config) {
		cfg.Outbox = bb.MemoryOutbox(1)
		cfg.OnDrop = func(ev bb.Event, _ bb.DropReason) {
			<-release
			text, err := json.Marshal(ev.Payload)
			if err != nil {
				t.Error(err)
			}
			dropped = append(dropped, string(text))
		}
	})
	p := bb.Payload{"n": 0}
	for i := range 100 {
		p["n"] = i
		client.Send(bb.Event{Name: "x", Payload: p})
	}
	close(release)
	_ = client.Shutdown(ended())
	if len(dropped) != 100 {
		t.Fatalf("OnDrop was called %d times, want 100", len(dropped))
	}
	for i, text := range dropped[:99] {
		if want := fmt.Sprintf(`{"n":%d}`, i+1); text != want {
			t.Fatalf("drop %d has payload %s, want %s", i, text, want)
		}
	}
}

func TestOnDropSeesWhatBeforeSendLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dropped []bb.Event
		client := newClient(t, silent{}, func(cfg *bb.Config) {
			cfg.Outbox = bb.MemoryOutbox(1)
			cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) {
				delete(ev.Payload, "email")
				return ev, true
			}
			cfg.OnDrop = func(ev bb.Event, _ bb.DropReason) { dropped = append(dropped, ev) }
		})
		for range 2 {
			client.Send(bb.Event{Name: "x", Payload: bb.Payload{"email": "a@example.org", "n": 1}})
		}
		synctest.Wait()
		if len(dropped) != 1 || dropped[0].Payload["email"] != nil || dropped[0].Payload["n"] != 1.0 || dropped[0].IdempotencyKey == "" {
			t.Errorf("OnDrop got %+v", dropped)
		}
	})
}

func TestGoexitInOnDropStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
			cfg.OnDrop = func(bb.Event, bb.DropReason) {
				calls++
				runtime.Goexit()
			}
		})
		for range 5 {
			client.Send(bb.Event{})
		}
		synctest.Wait()
		if calls != 5 {
			t.Errorf("OnDrop ran %d times of 5", calls)
		}
	})
}

// slowTake is an outbox whose Take takes a while when there is nothing.
type slowTake struct{ outbox.Outbox }

func (s slowTake) Take(asOf time.Time, max int, lease time.Duration) ([]outbox.Record, time.Time, error) {
	records, next, err := s.Outbox.Take(asOf, max, lease)
	if len(records) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	return records, next, err
}

// A sender that looks while the last record is on its way must not leave it
// without anybody to try it again.
func TestFailureWhileAnotherSenderGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			time.Sleep(5 * time.Millisecond)
			if r.n == 40 {
				return 503, nil, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.Outbox = slowTake{memory.New(outbox.Bounds{Events: 100, Bytes: 1 << 20})}
			cfg.MaxInFlight = 2
		})
		sendMany(client, 40)
		time.Sleep(time.Hour)
		if n := api.delivered(); n != 40 {
			t.Errorf("%d of 40 delivered within an hour", n)
		}
	})
}

// A host that takes connections and says nothing must not gather goroutines.
func TestSilentTLSHostGathersNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	defer conns.Wait()
	defer listener.Close()
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				_, _ = conn.Read(make([]byte, 1<<16)) // the client's hello
				_, _ = conn.Read(make([]byte, 1))     // until it gives up
				conn.Close()
			})
		}
	})
	client := realClient(t, "https://"+listener.Addr().String(), func(cfg *bb.Config) { cfg.Timeout = 50 * time.Millisecond })
	for range 5 {
		if err := client.Check(t.Context()); err == nil {
			t.Error("Check = nil")
		}
	}
	conns.Add(-1) // the listener's own
	done := make(chan struct{})
	go func() {
		conns.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("connections are still open")
	}
	conns.Add(1)
}

// Flush asks once a second, however many callers wait, and however many events
// have their own delay.
func TestFlushIsNoRetryStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			if r.name == "poison" {
				return 500, nil, nil
			}
			return 200, nil, nil
		}}
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

func TestFlushOfNothingWithAnEndedContext(t *testing.T) {
	client := newClient(t, &fakeAPI{})
	for range 100 {
		if err := client.Flush(ended()); err != nil {
			t.Fatalf("Flush = %v, though nothing waits", err)
		}
	}
}

// forgetful is an outbox that cannot settle.
type forgetful struct{ outbox.Outbox }

func (forgetful) Settle(...outbox.Outcome) error { return errors.New("disk on fire") }

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

func TestEventThatFailsAloneIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			if r.name == "poison" {
				return 500, nil, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelWarn) })
		client.Send(bb.Event{Name: "order_paid"})
		client.Send(bb.Event{Name: "poison"})
		for range 120 {
			time.Sleep(time.Minute)
			client.Send(bb.Event{Name: "order_paid"})
		}
		synctest.Wait()
		text := strings.Join(log.lines(), "\n")
		const line = `fails again and again while others are delivered; it is kept and retried" cause="HTTP 500" attempts=`
		if n := strings.Count(text, line); n < 1 || n > 2 {
			t.Errorf("%d lines about the event in two hours, want one an hour:\n%s", n, text)
		}
	})
}

// What holds itself over and over is refused before it is written out.
func TestHugePayloadsAreRefusedQuickly(t *testing.T) {
	var dag any = "x"
	for range 60 { // 2^60 strings
		dag = []any{dag, dag}
	}
	client := newClient(t, &fakeAPI{})
	for _, value := range []any{dag, map[string]any{"a": dag}, strings.Repeat("x", 100<<20), make([]int, 10<<20), [1]any{dag}} {
		client.Send(bb.Event{Name: "x", Payload: bb.Payload{"value": value}})
	}
	many := bb.Payload{}
	for i := range 100_000 {
		many[fmt.Sprint(i)] = i
	}
	client.Send(bb.Event{Name: "x", Payload: many})
	if n := client.Stats().DroppedBy[bb.DropInvalid]; n != 6 {
		t.Errorf("%d events were refused as invalid, want 6", n)
	}
}

func TestBadNumberDoesNotReachTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelInfo) })
		client.Send(bb.Event{Name: "x", Payload: bb.Payload{"n": json.Number("secret words")}})
		synctest.Wait()
		if text := strings.Join(log.lines(), ""); !strings.Contains(text, "reason=invalid") || strings.Contains(text, "secret") {
			t.Errorf("log = %s", text)
		}
	})
}

func TestContextMayBeNil(t *testing.T) {
	rec := recorder(t, bb.Capture{})
	var none context.Context
	bb.FromContext(bb.NewContext(none, rec.Client().For(7, 7))).Track("x", nil)
	if len(rec.Events("x")) != 1 {
		t.Error("the tracker is lost")
	}
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

func (r *recorded) Settle(outcomes ...outbox.Outcome) error {
	r.outcomes = append(r.outcomes, outcomes...)
	return r.Outbox.Settle(outcomes...)
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

func TestConcurrencyStartsAnewAfterAnIdleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(request) (int, http.Header, error) {
			time.Sleep(50 * time.Millisecond)
			return 200, nil, nil
		}}
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

func TestShutdownWritesTheLastSummary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelWarn) })
		for range 5 {
			client.Send(bb.Event{})
			synctest.Wait()
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if text := strings.Join(log.lines(), "\n"); !strings.Contains(text, "reason=invalid count=4") {
			t.Errorf("log =\n%s\nwant the four drops since the first line", text)
		}
	})
}
