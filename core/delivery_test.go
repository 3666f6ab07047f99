package bb_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

func TestOutageLosesNothing(t *testing.T) {
	failures := map[string]func(request) (int, http.Header, error){
		"refused connections": func(request) (int, http.Header, error) { return 0, nil, errRefused },
		"500":                 status(500),
		"503":                 status(503),
		"429":                 status(429),
		"401":                 status(401),
		"404":                 status(404),
		"redirects":           status(301),
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := time.Now().Add(10 * time.Minute)
				api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
					if r.at.Before(end) {
						return failure(r)
					}
					return 200, nil, nil
				}}
				client := newClient(t, api)
				sendMany(client, 500)
				time.Sleep(10 * time.Minute)
				if n := len(api.seen()); n < 10 || n > 60 {
					t.Errorf("%d requests in an outage of 10 minutes, want a probe now and then", n)
				}
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				if n := api.delivered(); n != 500 {
					t.Errorf("%d of 500 events arrived within 3 minutes after the outage", n)
				}
				if s := client.Stats(); s.Delivered != 500 || s.Pending != 0 {
					t.Errorf("Stats = %+v", s)
				}
			})
		})
	}
}

func TestRetriesRepeatKeyAndTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			if r.n < 4 {
				return 500, nil, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api)
		client.Send(bb.Event{Name: "order_paid"})
		time.Sleep(time.Minute)
		seen := api.seen()
		if len(seen) != 4 {
			t.Fatalf("%d requests, want 4", len(seen))
		}
		for _, r := range seen[1:] {
			if r.key != seen[0].key {
				t.Errorf("attempt %d has key %s, the first had %s", r.n, r.key, seen[0].key)
			}
		}
		if got := client.Stats().Retries; got != 3 {
			t.Errorf("Retries = %d, want 3", got)
		}
	})
}

func TestRetryAfterIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			if r.n == 1 {
				return 429, http.Header{"Retry-After": {"90"}}, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api)
		sendMany(client, 5)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if err := client.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush within Retry-After = %v, want its deadline", err)
		}
		if n := len(api.seen()); n != 1 {
			t.Errorf("%d requests within Retry-After, want 1", n)
		}
		if err := client.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if waited := api.seen()[1].at.Sub(start); waited < 90*time.Second || waited > 100*time.Second {
			t.Errorf("asked again after %v, want about 90 s", waited)
		}
	})
}

// A sender that met a deadline goes on with the next event.
func TestDeadlineEndsOneRequestOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			if r.n == 1 {
				<-r.ctx.Done()
			}
			return 200, nil, nil
		}}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.MaxInFlight, cfg.Timeout = 1, 5*time.Second })
		sendMany(client, 2)
		if err := client.Flush(t.Context()); err != nil || len(api.seen()) != 3 {
			t.Errorf("Flush = %v after %d requests, want 3", err, len(api.seen()))
		}
	})
}

func TestDeadlineIsCalledOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, silent{}, func(cfg *bb.Config) { cfg.Timeout = 5 * time.Second })
		client.Send(bb.Event{Name: "x"})
		ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
		defer cancel()
		if err := client.Flush(ctx); err == nil || !strings.Contains(err.Error(), "did not answer in time") {
			t.Errorf("Flush = %v, want it to say that the API did not answer in time", err)
		}
	})
}

func TestRetryAfterOfAYearIsAMistake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			if r.n == 1 {
				return 503, http.Header{"Retry-After": {"31536000"}}, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api)
		sendMany(client, 1)
		time.Sleep(11 * time.Minute)
		if api.delivered() != 1 {
			t.Error("the event did not arrive within 11 minutes")
		}
	})
}

// An event that the API can never take must not hold up the others.
func TestPoisonEventHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			time.Sleep(50 * time.Millisecond)
			if r.name == "poison" {
				return 500, nil, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api)
		client.Send(bb.Event{Name: "poison"})
		for range 60 {
			sent := time.Now()
			client.Send(bb.Event{Name: "order_paid"})
			before := api.delivered()
			for api.delivered() == before {
				time.Sleep(10 * time.Millisecond)
				if time.Since(sent) > 2*time.Second {
					t.Fatalf("an event waits for %v behind one that always gets 500", time.Since(sent))
				}
			}
			time.Sleep(time.Minute)
		}
		poison := 0
		for _, r := range api.seen() {
			if r.name == "poison" {
				poison++
			}
		}
		// Delays are random, 2.5 minutes on average: 32 tries, give or take 3.
		if poison < 10 || poison > 64 {
			t.Errorf("the poison event was tried %d times in an hour, want once in some minutes", poison)
		}
	})
}

func TestRefusedEventIsDroppedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: always("bad", 422)}
		var dropped []bb.Event
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.OnDrop = func(ev bb.Event, reason bb.DropReason) {
				if reason != bb.DropRefused {
					t.Errorf("dropped as %s, want refused", reason)
				}
				dropped = append(dropped, ev)
			}
		})
		client.Send(bb.Event{Name: "bad", UserID: 7, Payload: bb.Payload{"n": 1}})
		client.Send(bb.Event{Name: "good"})
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(dropped) != 1 || dropped[0].UserID != 7 || dropped[0].Payload["n"] != 1.0 || dropped[0].IdempotencyKey == "" {
			t.Errorf("OnDrop got %+v, want the bad event", dropped)
		}
		if s := client.Stats(); s.Delivered != 1 || s.DroppedBy[bb.DropRefused] != 1 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

func TestConcurrencyFollowsTheBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: after(50 * time.Millisecond)}
		client := newClient(t, api)
		sendMany(client, 3200)
		start := time.Now()
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if api.mostAtOnce != 16 {
			t.Errorf("%d requests at once, want MaxInFlight = 16", api.mostAtOnce)
		}
		if took, ideal := time.Since(start), 3200/16*50*time.Millisecond; took > ideal+ideal/10 {
			t.Errorf("3200 events took %v, want at most 1.1 x %v", took, ideal)
		}
	})
}

func TestConcurrencyGivesWayToOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const capacity = 4
		var now atomic.Int32
		api := &fakeAPI{answer: func(request) (int, http.Header, error) {
			defer now.Add(-1)
			over := now.Add(1) > capacity
			time.Sleep(50 * time.Millisecond)
			if over {
				return 429, nil, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api)
		sendMany(client, 2000)
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if rejected := len(api.seen()) - 2000; rejected > 1000 {
			t.Errorf("%d of %d requests were one too many", rejected, len(api.seen()))
		}
	})
}

// goroutines counts those that have not ended: runtime.NumGoroutine may count
// one that ended already.
func goroutines() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte("\n\ngoroutine ")) + 1
}

func TestIdleClientHasNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := goroutines()
		up := time.Now().Add(30 * time.Second)
		api := &fakeAPI{answer: until(up, 503)}
		client := newClient(t, api)
		sendMany(client, 100)
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if n := goroutines(); n > before {
			t.Errorf("%d goroutines more than before, between two probes", n-before)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if n := goroutines(); n > before || api.delivered() != 100 {
			t.Errorf("%d goroutines more than before, %d of 100 delivered", n-before, api.delivered())
		}
	})
}

func TestEventsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: status(500)}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.MaxAge = time.Hour })
		sendMany(client, 50)
		time.Sleep(62 * time.Minute)
		synctest.Wait()
		if s := client.Stats(); s.DroppedBy[bb.DropExpired] != 50 {
			t.Errorf("Stats = %+v, want 50 expired", s)
		}
	})
}

// The age of an event of an earlier run rests on two wall clocks, so that alone
// does not end it.
func TestRecoveredEventExpiresOnlyAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := time.Now().Add(time.Minute)
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			if r.at.Before(up) || r.name == "stuck" {
				return 500, nil, nil
			}
			return 200, nil, nil
		}}
		box := &recovered{Store: inMemory()}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.Outbox, cfg.MaxAge = store.NewHandle(box), time.Hour })
		sendMany(client, 50)
		client.Send(bb.Event{Name: "stuck"})
		time.Sleep(10 * time.Minute)
		s := client.Stats()
		failed := uint64(len(api.seen())) - s.Delivered - s.Retries // each failure gave up the one event
		if s.Delivered < 30 || s.DroppedBy[bb.DropExpired] != 51-s.Delivered || failed != 51-s.Delivered || s.Pending != 0 {
			t.Errorf("Stats = %+v after %d requests, want each event delivered or expired after one failure", s, len(api.seen()))
		}
	})
}

// recovered is an outbox in which all is of an earlier run, and too old.
type recovered struct{ store.Store }

func (s *recovered) Take(early bool, lease time.Duration) (r store.Record, found bool, wait time.Duration, err error) {
	r, found, wait, err = s.Store.Take(early, lease)
	r.Recovered, r.Age = true, 100*24*time.Hour
	return r, found, wait, err
}

func TestFullOutboxShedsActivityFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(request) (int, http.Header, error) { return 0, nil, errRefused }}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.Outbox = bb.MemoryOutbox(100) })
		for i := range 100 {
			client.Send(bb.Event{Name: bb.EventActivity, UserID: int64(i + 1)})
		}
		if s := client.Stats(); s.Pending != 80 || s.DroppedBy[bb.DropQueueFull] != 20 {
			t.Errorf("after 100 activities: %+v, want 80 kept", s)
		}
		sendMany(client, 30)
		if s := client.Stats(); s.Pending != 100 || s.DroppedBy[bb.DropQueueFull] != 30 {
			t.Errorf("after 30 choices: %+v, want 20 of them kept", s)
		}
	})
}
