package bb_test

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// What OnDrop sends and nobody takes is counted, and not reported to OnDrop
// again, be it of this client or another.
func TestOnDropThatSendsComesToAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		var clients [2]*bb.Client
		for i := range clients {
			clients[i] = newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
				cfg.OnDrop = func(bb.Event, bb.DropReason) {
					calls.Add(1)
					clients[0].Send(bb.Event{Name: "dropped"})
					clients[1].Send(bb.Event{Name: "dropped"})
				}
			})
		}
		for _, client := range clients {
			if err := client.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		clients[0].Send(bb.Event{Name: "x"})
		time.Sleep(time.Minute)
		synctest.Wait()
		if calls.Load() != 1 {
			t.Errorf("OnDrop was called %d times for one event", calls.Load())
		}
		if n := clients[0].Stats().DroppedBy[bb.DropClosed] + clients[1].Stats().DroppedBy[bb.DropClosed]; n != 3 {
			t.Errorf("%d drops were counted, want 3", n)
		}
	})
}

// A blocked OnDrop, or a Logger that hangs, keeps a bounded number of bytes.
func TestBlockedCallbacksKeepLittle(t *testing.T) {
	release := make(chan struct{})
	var once sync.Once
	open := func() { once.Do(func() { close(release) }) }
	defer open()
	client := newClient(t, silent{}, func(cfg *bb.Config) {
		cfg.Outbox = bb.MemoryOutbox(1)
		cfg.OnDrop = func(bb.Event, bb.DropReason) { <-release }
		cfg.Logger = slog.New(blocking{slog.DiscardHandler, release})
	})
	before := heapInUse()
	large := bb.Payload{"text": strings.Repeat("x", 60<<10)}
	for range 3000 {
		client.Send(bb.Event{Name: "x", Payload: large})
	}
	if grown := heapInUse() - before; grown > 8<<20 {
		t.Errorf("%d MiB are kept", grown>>20)
	}
	open()
}

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// blocking is a handler that hangs, but while New asks.
type blocking struct {
	slog.Handler
	release chan struct{}
}

func (b blocking) Enabled(_ context.Context, level slog.Level) bool { return true }
func (b blocking) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "bb: analytics is on" {
		<-b.release
	}
	return nil
}

// exiting is a logger, and a transport, that ends the goroutine that calls it.
type exiting struct {
	slog.Handler
	calls *atomic.Int32
}

func (e exiting) Enabled(context.Context, slog.Level) bool {
	if e.calls.Add(1) > 20 { // while New asks it is well
		runtime.Goexit()
	}
	return true
}

func (e exiting) Handle(context.Context, slog.Record) error {
	if e.calls.Add(1) > 20 {
		runtime.Goexit()
	}
	return nil
}

// A Logger that ends goroutines, in Enabled too, stops nothing.
func TestLoggerThatExitsStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
			cfg.Logger = slog.New(exiting{slog.DiscardHandler, new(atomic.Int32)})
		})
		for range 50 {
			client.Send(bb.Event{Name: "x"})
			time.Sleep(2 * time.Second)
		}
		if s := client.Stats(); s.Delivered != 50 {
			t.Errorf("Stats = %+v, want all delivered", s)
		}
	})
}

// A BeforeSend that ends the goroutine, as t.Fatal does, costs its event.
func TestBeforeSendThatExitsCostsItsEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
			cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) {
				if ev.Name == "bad" {
					runtime.Goexit()
				}
				return ev, true
			}
		})
		go client.Send(bb.Event{Name: "bad"})
		client.Send(bb.Event{Name: "good"})
		synctest.Wait()
		if s := client.Stats(); s.Delivered != 1 || s.DroppedBy[bb.DropFiltered] != 1 || s.Pending != 0 {
			t.Errorf("Stats = %+v, want one delivered and one filtered", s)
		}
	})
}

// A transport that ends its goroutine, or never returns, costs its request.
func TestTransportThatMisbehavesCostsItsRequest(t *testing.T) {
	for name, misbehave := range map[string]func(){"exits": runtime.Goexit, "hangs for an hour": func() { time.Sleep(time.Hour) }} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
					if r.n%3 == 1 {
						misbehave()
					}
					return 200, nil, nil
				}}
				client := newClient(t, api)
				sendMany(client, 20)
				time.Sleep(20 * time.Minute)
				synctest.Wait()
				if s := client.Stats(); s.Delivered != 20 || s.Pending != 0 {
					t.Errorf("Stats = %+v, want all delivered", s)
				}
				time.Sleep(time.Hour)
			})
		})
	}
}

// However long a transport hangs and ignores that its requests were given up, a
// bounded number of calls wait for it.
func TestTransportThatNeverReturnsGathersLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		api := &fakeAPI{answer: func(request) (int, http.Header, error) {
			<-release
			return 200, nil, nil
		}}
		client := newClient(t, api)
		before := goroutines()
		for range 200 {
			client.Send(bb.Event{Name: "x"})
			time.Sleep(5 * time.Minute)
		}
		synctest.Wait()
		if n := goroutines() - before; n > 3*bb.DefaultMaxInFlight {
			t.Errorf("%d goroutines hang", n)
		}
		close(release)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if s := client.Stats(); s.Delivered != 200 {
			t.Errorf("Stats = %+v, want all delivered once it returns", s)
		}
	})
}

// Pending never misses what was just settled, whenever Stats are read.
func TestLedgerHoldsAtEveryMoment(t *testing.T) {
	client := newClient(t, &fakeAPI{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 20000 {
			client.Send(bb.Event{Name: "x", UserID: int64(i + 1)})
		}
		_ = client.Flush(t.Context())
	}()
	for {
		if s := client.Stats(); s.Pending < 0 || s.Received+s.Recovered != s.Delivered+s.Dropped+s.HandedOver+uint64(s.Pending) {
			t.Fatalf("the ledger does not add up: %+v", s)
		}
		select {
		case <-done:
			if s := client.Stats(); s.Pending != 0 || s.Received != 20000 {
				t.Errorf("Stats = %+v", s)
			}
			return
		default:
		}
	}
}

// A callback that hangs keeps little of events with long names, too.
func TestLongNamesAreCounted(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
		cfg.OnDrop = func(bb.Event, bb.DropReason) { <-forever }
	})
	before := heapInUse()
	for range 100 {
		client.Send(bb.Event{Name: strings.Repeat("x", 1<<20)})
		client.Send(bb.Event{IdempotencyKey: strings.Repeat("x", 1<<20)})
	}
	if kept := heapInUse() - before; kept > 8<<20 {
		t.Errorf("%d MB are kept", kept>>20)
	}
}
