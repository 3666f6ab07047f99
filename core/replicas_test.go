package bb_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

func TestReplicasShareTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const events = 9000
		h := newHub()
		api := &fakeAPI{answer: after(50 * time.Millisecond)}
		a := newClient(t, api, memberOf(h))
		b := newClient(t, api, memberOf(h))
		sendMany(a, events)
		if err := a.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := a.Stats(); s.Received != events || s.HandedOver < events {
			t.Errorf("after Flush %+v, want all handed over", s)
		}
		time.Sleep(time.Minute)
		checkLedger(t, a)
		checkLedger(t, b)
		one, other := a.Stats(), b.Stats()
		if one.Delivered+other.Delivered != events || api.delivered() != events || h.holds() != 0 {
			t.Errorf("%d and %d delivered, %d by the API, %d left; want all", one.Delivered, other.Delivered, api.delivered(), h.holds())
		}
		if other.Delivered != other.Recovered || other.Delivered == 0 {
			t.Errorf("the other's ledger is %+v, want it to have helped", other)
		}
	})
}

func TestSendIsHandedOverWithinTenMilliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, silent{}, memberOf(newHub()))
		client.Send(bb.Event{Name: "x"})
		time.Sleep(10 * time.Millisecond)
		if s := client.Stats(); s.HandedOver != 1 {
			t.Errorf("after 10 ms %+v, want it handed over", s)
		}
	})
}

// While what is shared is away, events wait in this process, and move over when
// it is back.
func TestEventsWaitForTheSharedOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(), &logLines{}
		h.setAway(true)
		api := &fakeAPI{}
		client := newClient(t, api, memberOf(h), func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelWarn) })
		for range 120 {
			client.Send(bb.Event{Name: "x"})
			time.Sleep(time.Second)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := client.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush = %v while nothing can be handed over", err)
		}
		if s := client.Stats(); s.Pending != 120 || s.HandedOver != 0 {
			t.Errorf("away: %+v, want 120 pending", s)
		}
		if n := len(log.lines()); n == 0 || n > 3 {
			t.Errorf("%d log lines for two minutes: %q", n, log.lines())
		}
		h.setAway(false)
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if api.delivered() != 120 {
			t.Errorf("%d of 120 delivered once it was back", api.delivered())
		}
	})
}

func TestSentEventIsDeliveredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{}
		client := newClient(t, api, memberOf(newHub()))
		client.Send(bb.Event{Name: "x"})
		time.Sleep(50 * time.Millisecond)
		if api.delivered() != 1 {
			t.Error("it was not delivered within 50 ms")
		}
	})
}

// No further Send is needed, and Flush does not wait for the next try.
func TestHandOverIsTriedAgain(t *testing.T) {
	for name, wait := range map[string]func(*bb.Client) time.Duration{
		"by itself": func(*bb.Client) time.Duration { time.Sleep(6 * time.Second); return 0 },
		"by Flush": func(client *bb.Client) time.Duration {
			begun := time.Now()
			_ = client.Flush(context.Background())
			return time.Since(begun)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHub()
				h.setAway(true)
				client := newClient(t, &fakeAPI{}, memberOf(h))
				client.Send(bb.Event{Name: "x"})
				time.Sleep(time.Minute + time.Millisecond)
				h.setAway(false)
				took := wait(client)
				if s := client.Stats(); s.HandedOver == 0 || took > 100*time.Millisecond {
					t.Errorf("after %v %+v, want it handed over", took, s)
				}
			})
		})
	}
}

func TestShutdownWithoutTheSharedOutboxReportsWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		h.setAway(true)
		client := newClient(t, &fakeAPI{}, memberOf(h))
		sendMany(client, 3)
		if err := client.Shutdown(ended()); err == nil || !strings.Contains(err.Error(), "3 events") {
			t.Errorf("Shutdown = %v, want 3 events lost", err)
		}
		if s := client.Stats(); s.DroppedBy[bb.DropClosed] != 3 {
			t.Errorf("%+v, want 3 dropped", s)
		}
	})
}

// What is handed over is safe: Shutdown does not wait for its delivery.
func TestShutdownLeavesTheRestToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		client := newClient(t, silent{}, memberOf(h))
		sendMany(client, 20)
		if err := client.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		if h.holds() != 20 {
			t.Errorf("%d of 20 left to others", h.holds())
		}
		api := &fakeAPI{}
		newClient(t, api, memberOf(h))
		time.Sleep(time.Minute)
		if api.delivered() != 20 {
			t.Errorf("another delivered %d of 20", api.delivered())
		}
	})
}

func TestShutdownLetsRequestsOnTheirWayEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		api := &fakeAPI{answer: after(time.Second)}
		client := newClient(t, api, memberOf(h))
		client.Send(bb.Event{Name: "x"})
		time.Sleep(500 * time.Millisecond)
		if err := client.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if api.delivered() != 1 || h.holds() != 0 {
			t.Errorf("%d delivered, %d left to others; want its request to have ended", api.delivered(), h.holds())
		}
	})
}

func TestReplicaThatNeverSendsDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, api := newHub(), &fakeAPI{}
		idle := newClient(t, api, memberOf(h))
		synctest.Wait()
		before := goroutines()
		gone := newClient(t, silent{}, memberOf(h), func(cfg *bb.Config) { cfg.MaxInFlight = 1 })
		sendMany(gone, 5)
		if err := gone.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Second)
		if api.delivered() != 5 {
			t.Errorf("the idle replica delivered %d of 5", api.delivered())
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if now := goroutines(); now > before {
			t.Errorf("%d goroutines between polls, %d at first", now, before)
		}
		checkLedger(t, idle)
	})
}

func TestStrangersInTheSharedOutboxAreReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(), &logLines{}
		stranger := newClient(t, silent{}, memberOf(h), func(cfg *bb.Config) { cfg.IntegrationKey = "strange-key" })
		sendMany(stranger, 5)
		if err := stranger.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		api := &fakeAPI{}
		newClient(t, api, memberOf(h), func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelWarn) })
		time.Sleep(time.Minute)
		lines := log.lines()
		if len(lines) != 1 || !strings.Contains(lines[0], "integration key or path") || strings.Contains(lines[0], "strange-key") {
			t.Errorf("log = %q, want one line about the other key", lines)
		}
		if api.delivered() != 5 {
			t.Errorf("%d of 5 delivered all the same", api.delivered())
		}
	})
}

func TestActivityCountsOncePerWindowOverReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, shared := &fakeAPI{}, newClaims()
		var dropped []bb.DropReason
		log := &logLines{}
		quiet := func(cfg *bb.Config) {
			cfg.Logger = log.logger(slog.LevelWarn)
			cfg.OnDrop = func(_ bb.Event, r bb.DropReason) { dropped = append(dropped, r) }
		}
		a, b := newClient(t, api, sharing(shared), quiet), newClient(t, api, sharing(shared), quiet)
		for i := range int64(10) {
			for j, client := range []*bb.Client{a, b} {
				u := message("hello")
				u.ID += 2*i + int64(j)
				client.Observe(u)
				time.Sleep(20 * time.Second)
			}
		}
		seen := api.seen()
		for i := 1; i < len(seen); i++ {
			if gap := seen[i].at.Sub(seen[i-1].at); gap < time.Minute {
				t.Errorf("two activities %v apart", gap)
			}
		}
		if len(seen) < 5 {
			t.Errorf("%d activities in 400 s", len(seen))
		}
		lost := a.Stats().DroppedBy[bb.DropThrottled] + b.Stats().DroppedBy[bb.DropThrottled]
		if lost == 0 || len(dropped) != 0 || len(log.lines()) != 0 {
			t.Errorf("%d dropped as throttled, OnDrop %v, log %q; want some, and silence", lost, dropped, log.lines())
		}
	})
}

func TestOnlyActivityIsClaimedAndOnlyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := newClaims()
		var seen sync.Map
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) { // every event at the second try
			if _, again := seen.LoadOrStore(r.key, true); !again {
				return 500, nil, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api, sharing(shared))
		client.Send(bb.Event{Name: "choice_made", UserID: 7})
		client.Send(bb.Event{Name: bb.EventActivity, ChatID: 9}) // explicit, without a user
		if err := client.Flush(t.Context()); err != nil || shared.timesAsked() != 0 {
			t.Errorf("Flush = %v, asked %d times for what has no window", err, shared.timesAsked())
		}
		client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
		u := message("")
		u.UserID, u.SenderChatID, u.ChatID = 0, 0, -5 // an automatic one without a user
		client.Observe(u)
		if err := client.Flush(t.Context()); err != nil || shared.timesAsked() != 2 || client.Stats().Retries != 4 {
			t.Errorf("Flush = %v, asked %d times for 2 activities, %d retries", err, shared.timesAsked(), client.Stats().Retries)
		}
	})
}

func TestWithoutAWindowNobodyIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared, api := newClaims(), &fakeAPI{}
		client := newClient(t, api, sharing(shared), func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
		for range 3 {
			client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
		}
		if err := client.Flush(t.Context()); err != nil || api.delivered() != 3 || shared.timesAsked() != 0 {
			t.Errorf("Flush = %v, %d of 3 delivered, asked %d times", err, api.delivered(), shared.timesAsked())
		}
	})
}

func TestThrottleThatFailsLetsActivityThrough(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error": func() error { return errAway },
		"panic": func() error { panic("broken") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shared, log, api := newClaims(), &logLines{}, &fakeAPI{}
				shared.fail = fail
				client := newClient(t, api, sharing(shared), func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelWarn) })
				for user := range int64(100) {
					client.Send(bb.Event{Name: bb.EventActivity, UserID: user + 1})
					time.Sleep(100 * time.Millisecond)
				}
				if s := client.Stats(); s.Delivered != 100 || s.ThrottleErrors != 100 {
					t.Errorf("%+v, want 100 delivered without asking", s)
				}
				if len(log.lines()) != 1 || shared.timesAsked() > 5 {
					t.Errorf("asked %d times, log %q; want pauses and one line", shared.timesAsked(), log.lines())
				}
			})
		})
	}
}

// nilThrottle as a nil pointer panics.
type nilThrottle struct{ bb.Throttle }

func TestNilThrottles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, api := &logLines{}, &fakeAPI{}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.Throttle, cfg.Logger = (*nilThrottle)(nil), log.logger(slog.LevelWarn)
		})
		client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
		if err := client.Flush(t.Context()); err != nil || api.delivered() != 1 || len(log.lines()) != 1 {
			t.Errorf("Flush = %v, %d delivered, log %q", err, api.delivered(), log.lines())
		}
	})
}
