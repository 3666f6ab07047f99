package bb_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// asked is a throttle that lets everything through.
type asked chan throttle.Activity

func (a asked) Claim(_ context.Context, act throttle.Activity, _ time.Duration) (bool, error) {
	a <- act
	return true, nil
}

// The shared throttle is asked about an activity as it was accepted, whatever
// BeforeSend makes of it, and by its date only if it has one of its own.
func TestSharedThrottleIsAskedAboutWhatWasAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		activities := make(asked, 2)
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
			cfg.Throttle = throttle.NewHandle(activities)
			cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) {
				ev.UserID, ev.OccurredAt = 0, ev.OccurredAt.Add(-time.Hour)
				return ev, true
			}
		})
		past := time.Now().Add(-24 * time.Hour)
		client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
		client.Send(bb.Event{Name: bb.EventActivity, UserID: 8, OccurredAt: past})
		got := map[throttle.Slot]int64{}
		for range 2 {
			act := <-activities
			got[act.Slot] = act.Date
		}
		if date, found := got[throttle.SlotOf(7, 0)]; !found || date != 0 {
			t.Errorf("asked about %v, want user 7 without a date", got)
		}
		if date := got[throttle.SlotOf(8, 0)]; date != past.UnixMilli() {
			t.Errorf("asked about %v, want user 8 at %d", got, past.UnixMilli())
		}
		_ = client.Close()
	})
}

// What a disk kept over a restart is asked about as it was accepted: by its bot, and by
// the hour in which it happened.
func TestSharedThrottleIsAskedAboutWhatADiskKept(t *testing.T) {
	folder, activities := t.TempDir(), make(asked, 100)
	start := func(api *fakeAPI) *bb.Client {
		outbox, err := bbdisk.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		return newClient(t, api, func(cfg *bb.Config) {
			cfg.Outbox, cfg.Throttle = outbox, throttle.NewHandle(activities)
		})
	}
	first := start(&fakeAPI{answer: always("probe", 401)})
	for range 10 {
		first.Send(bb.Event{Name: "probe"}) // the only ones that are tried
	}
	night := time.Unix(time.Now().Unix(), 0).Add(-3 * time.Hour)
	for bot := range int64(2) {
		first.Observe(bb.Update{BotID: 42 + bot, ID: 1, Kind: "message", UserID: 7})
	}
	first.Observe(bb.Update{BotID: 42, ID: 2, Kind: "message", UserID: 7, Date: night})
	_ = first.Close()
	if err := start(&fakeAPI{}).Close(); err != nil {
		t.Fatal(err)
	}
	type claim struct {
		slot throttle.Slot
		date int64
	}
	got := make(map[claim]int)
	for len(activities) > 0 {
		act := <-activities
		got[claim{act.Slot, act.Date}]++
	}
	user := throttle.SlotOf(7, 0)
	want := map[claim]int{{user.Of(42), 0}: 1, {user.Of(43), 0}: 1, {user.Of(42), night.UnixMilli()}: 1}
	if !maps.Equal(got, want) {
		t.Errorf("asked about %v, want %v", got, want)
	}
}

// recovering is a throttle that fails at first.
type recovering struct{ times *atomic.Int32 }

func (r recovering) Claim(context.Context, throttle.Activity, time.Duration) (bool, error) {
	if r.times.Add(-1) >= 0 {
		return false, errors.New("it fails")
	}
	return true, nil
}

// The log says once that the shared throttle fails, and once that it works again.
func TestSharedThrottleFailsAndWorksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, times := &logLines{}, new(atomic.Int32)
		times.Store(3)
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
			cfg.Throttle, cfg.Logger = throttle.NewHandle(recovering{times}), log.logger(slog.LevelInfo)
		})
		for user := range int64(6) {
			client.Send(bb.Event{Name: bb.EventActivity, UserID: user + 1})
			time.Sleep(6 * time.Second) // longer than it is not asked for
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		for _, line := range []string{"the shared throttle failed", "the shared throttle works again"} {
			if n := strings.Count(strings.Join(log.lines(), "\n"), line); n != 1 {
				t.Errorf("the log says %d times %q:\n%s", n, line, strings.Join(log.lines(), "\n"))
			}
		}
	})
}
