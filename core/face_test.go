package bb_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

func TestEnabled(t *testing.T) {
	disabled, err := bb.New(bb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, client := range map[string]*bb.Client{"nil": nil, "zero": new(bb.Client), "disabled": disabled} {
		if client.Enabled() {
			t.Errorf("a %s client is enabled", name)
		}
	}
	if !bbtest.NewRecorder(t).Client().Enabled() {
		t.Error("a client that sends events is not enabled")
	}
}

// Adapters and bots compare updates with ==.
var _ = bb.Update{} == bb.Update{}

// A handler that has a part of the update gives its events the keys that they
// have when an adapter saw the update.
func TestBind(t *testing.T) {
	observed, bound := bbtest.NewRecorder(t), bbtest.NewRecorder(t)
	observed.Client().Observe(message("hi")).ChoiceMade(bb.Payload{"team": "bra"})
	bound.Client().Bind(bb.Update{BotID: 42, ID: 1001, UserID: 7, ChatID: 7}).ChoiceMade(bb.Payload{"team": "bra"})
	want, got := observed.Want(bb.EventChoiceMade, 1)[0], bound.Want(bb.EventChoiceMade, 1)[0]
	if got.IdempotencyKey != want.IdempotencyKey || got.UserID != 7 || got.ChatID != 7 {
		t.Errorf("bound %+v, want %+v", got, want)
	}
	if n := len(bound.Events()); n != 1 {
		t.Errorf("Bind emitted %d events", n-1)
	}
}

// What docs/from-python.md says of a bot that goes on sending by itself what is
// sent automatically now: it counts once, and its own payload is gone.
func TestOwnEventsOfAMovedBot(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	tracker := rec.Client().Observe(message("/start"))
	tracker.Track(bb.EventUserStarted, bb.Payload{"campaign": "autumn"})
	tracker.Track(bb.EventActivity, bb.Payload{"button_id": "main_menu"})
	if started := rec.Want(bb.EventUserStarted, 1)[0]; started.Payload["campaign"] != nil {
		t.Errorf("user_started = %+v", started)
	}
	rec.Want(bb.EventActivity, 1)
	held := rec.Suppressed()
	if len(held) != 2 || held[0].Reason != bb.DropDuplicate || held[1].Reason != bb.DropThrottled {
		t.Errorf("suppressed = %+v", held)
	}
}

func TestLostEventsAreCounted(t *testing.T) {
	for want, n := range map[string]int{"shutdown: 1 event not delivered and lost: ": 1, "shutdown: 2 events not delivered": 2} {
		synctest.Test(t, func(t *testing.T) {
			client := newClient(t, &fakeAPI{answer: status(503)})
			sendMany(client, n)
			if err := client.Shutdown(ended()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Shutdown = %v, want %q", err, want)
			}
		})
	}
}

// A handler that asks a context which no adapter saw loses its events: the log
// says so once, as long as there is a client that would send them.
func TestFromContextWithoutATracker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelWarn) })
		bb.FromContext(bb.NewContext(t.Context(), client.For(7, 7))).Track("x", nil)
		bb.FromContext(bb.NewContext(t.Context(), nil)).Track("x", nil) // of an adapter with a client that is off
		synctest.Wait()
		if lines := log.lines(); len(lines) != 0 {
			t.Errorf("log = %q, want nothing yet", lines)
		}
		var none context.Context
		for _, ctx := range []context.Context{none, t.Context(), context.Background()} {
			bb.FromContext(ctx).ChoiceMade(nil)
		}
		synctest.Wait()
		if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], "without a tracker; events sent with it are lost") {
			t.Errorf("log = %q, want one line", lines)
		}
	})
}

func TestDeliveryError(t *testing.T) {
	calls := map[string]func(*bb.Client, context.Context) error{
		"Check": (*bb.Client).Check, "Flush": (*bb.Client).Flush, "Shutdown": (*bb.Client).Shutdown,
	}
	cases := []struct {
		name   string
		answer func(request) (int, http.Header, error)
		want   bb.DeliveryError
		err    error // that errors.Is has to find
	}{
		{"a wrong key", status(401), bb.DeliveryError{Status: 401, Cause: "HTTP 401", Permanent: true}, nil},
		{"an outage", status(503), bb.DeliveryError{Status: 503, Cause: "HTTP 503"}, nil},
		{"no network", func(request) (int, http.Header, error) { return 0, nil, errRefused }, bb.DeliveryError{Cause: "connection refused"}, errRefused},
	}
	for _, c := range cases {
		for name, call := range calls {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client := newClient(t, &fakeAPI{answer: c.answer})
					client.Send(bb.Event{Name: "x"})
					ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
					defer cancel()
					err := call(client, ctx)
					var got *bb.DeliveryError
					if !errors.As(err, &got) || got.Status != c.want.Status || got.Cause != c.want.Cause || got.Permanent != c.want.Permanent {
						t.Fatalf("%v holds %+v, want %+v", err, got, c.want)
					}
					if (got.Remedy != "") != c.want.Permanent || !strings.Contains(err.Error(), got.Remedy) {
						t.Errorf("%v holds the remedy %q", err, got.Remedy)
					}
					if c.err != nil && !errors.Is(err, c.err) {
						t.Errorf("%v does not hold %v", err, c.err)
					}
					if waited := name != "Check" && !c.want.Permanent; waited && !errors.Is(err, ctx.Err()) {
						t.Errorf("%v does not hold %v", err, ctx.Err())
					}
				})
			})
		}
	}
}
