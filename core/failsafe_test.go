package bb_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

func TestNilsAreSafe(t *testing.T) {
	disabled, err := bb.New(bb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, client := range map[string]*bb.Client{"nil": nil, "zero": new(bb.Client), "disabled": disabled} {
		t.Run(name, func(t *testing.T) {
			client.Send(bb.Event{Name: "x"})
			for _, tracker := range []*bb.Tracker{nil, new(bb.Tracker), client.For(1, 2), client.Observe(bb.Update{ID: 1, UserID: 7})} {
				tracker.Track("x", nil)
				tracker.ChoiceMade(nil)
				tracker.Send(bb.Event{})
				tracker.For(1, 2).Track("x", nil)
				bb.FromContext(bb.NewContext(t.Context(), tracker)).Track("x", nil)
			}
			if err := errors.Join(client.Flush(t.Context()), client.Shutdown(t.Context()), client.Close()); err != nil {
				t.Error(err)
			}
			if s := client.Stats(); s.Received != 0 {
				t.Errorf("Stats = %+v", s)
			}
		})
	}
	bb.FromContext(t.Context()).Track("x", nil)
	var none context.Context
	bb.FromContext(none).Track("x", nil)
}

type panics struct{}

func (panics) MarshalJSON() ([]byte, error)                    { panic("in MarshalJSON") }
func (panics) RoundTrip(*http.Request) (*http.Response, error) { panic("in RoundTrip") }
func (panics) Enabled(context.Context, slog.Level) bool        { return true }
func (panics) Handle(context.Context, slog.Record) error       { panic("in the logger") }
func (panics) WithAttrs([]slog.Attr) slog.Handler              { return panics{} }
func (panics) WithGroup(string) slog.Handler                   { return panics{} }

func TestBadPayloadsAreRefused(t *testing.T) {
	cycle := map[string]any{}
	cycle["self"] = cycle
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{}
		client := newClient(t, api)
		for name, value := range map[string]any{
			"cycle": cycle, "NaN": math.NaN(), "infinity": math.Inf(1), "channel": make(chan int),
			"function": func() {}, "panic": panics{}, "panic of a pointer": &panics{},
			"too large": strings.Repeat("x", 64<<10),
		} {
			before := client.Stats().DroppedBy[bb.DropInvalid]
			client.Send(bb.Event{Name: "x", Payload: bb.Payload{"value": value}})
			if after := client.Stats().DroppedBy[bb.DropInvalid]; after != before+1 {
				t.Errorf("%s: not counted as invalid", name)
			}
		}
		client.Send(bb.Event{})
		client.Send(bb.Event{Name: "year", OccurredAt: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)})
		client.Send(bb.Event{Name: "fine", Payload: bb.Payload{"text": "\xff\x00", "nil": (*panics)(nil)}})
		if err := client.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if s := client.Stats(); s.DroppedBy[bb.DropInvalid] != 10 || s.Delivered != 1 {
			t.Errorf("Stats = %+v, want 10 invalid and one delivered", s)
		}
		if seen := api.seen(); seen[len(seen)-1].name != "fine" {
			t.Errorf("the last request was %+v, want the one good event", seen)
		}
	})
}

func TestPanicsOfTheUserAreContained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: status(422)}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.Logger = slog.New(panics{})
			cfg.OnDrop = func(bb.Event, bb.DropReason) { panic("in OnDrop") }
			cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) {
				if ev.Name == "panic" {
					panic("in BeforeSend")
				}
				return ev, true
			}
		})
		client.Send(bb.Event{Name: "panic"})
		client.Send(bb.Event{Name: "refused"})
		client.Send(bb.Event{Name: "refused"})
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if s := client.Stats(); s.DroppedBy[bb.DropFiltered] != 1 || s.DroppedBy[bb.DropRefused] != 2 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

func TestPanickingTransportIsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, panics{})
		sendMany(client, 3)
		time.Sleep(time.Minute)
		if s := client.Stats(); s.Pending != 3 {
			t.Errorf("Stats = %+v, want 3 pending", s)
		}
	})
}

func TestBeforeSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{}
		payload := bb.Payload{"email": "a@example.org"}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) {
				delete(ev.Payload, "email")
				ev.Name = "renamed"
				ev.IdempotencyKey, ev.OccurredAt = "", time.Time{}
				return ev, ev.UserID != 13
			}
			cfg.OnDrop = func(ev bb.Event, _ bb.DropReason) { t.Errorf("OnDrop(%+v): held back on purpose", ev) }
		})
		client.Send(bb.Event{Name: "a", UserID: 7, Payload: payload})
		client.Send(bb.Event{Name: "b", UserID: 13})
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if seen := api.seen(); len(seen) != 1 || seen[0].name != "renamed" || seen[0].key == "" {
			t.Errorf("requests = %+v", seen)
		}
		if payload["email"] == nil {
			t.Error("BeforeSend changed the caller's payload")
		}
		if s := client.Stats(); s.DroppedBy[bb.DropFiltered] != 1 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

// BeforeSend may write to every payload, and what a panic in it said is logged.
func TestBeforeSendMayAdd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		api := &bodies{}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.Logger = log.logger(slog.LevelWarn)
			cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) {
				ev.Payload["version"] = "1.2"
				if ev.UserID == 13 {
					panic("opt-outs cannot be read " + strings.Repeat("x", 1000))
				}
				return ev, true
			}
		})
		client.Send(bb.Event{Name: "x"})
		client.Send(bb.Event{Name: "y", UserID: 13})
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if text := api.text(); !strings.Contains(text, `"payload":{"version":"1.2"}`) {
			t.Errorf("sent: %s", text)
		}
		text := strings.Join(log.lines(), "\n")
		if !strings.Contains(text, `reason=filtered count=1 last_event=y last_cause="BeforeSend panicked: opt-outs cannot be read xxx`) || len(text) > 500 {
			t.Errorf("log =\n%s", text)
		}
	})
}

func TestPayloadMayBeChangedAfterSend(t *testing.T) {
	api := &bodies{}
	client := newClient(t, api, func(cfg *bb.Config) { cfg.MaxInFlight = 1 })
	p := bb.Payload{}
	for i := range 1000 {
		p["n"] = i
		client.Send(bb.Event{Name: "x", Payload: p})
	}
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, body := range strings.Split(strings.TrimSpace(api.text()), "\n") {
		if !strings.Contains(body, fmt.Sprintf(`"payload":{"n":%d}`, i)) {
			t.Fatalf("event %d is %s", i, body)
		}
	}
}

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

// embedded is not exported, and its fields are written all the same.
type embedded struct{ A, B any }

// What holds itself over and over is refused before it is written out.
func TestHugePayloadsAreRefusedQuickly(t *testing.T) {
	var dag any = "x"
	for range 60 { // 2^60 strings
		dag = []any{dag, dag}
	}
	type node struct{ embedded }
	deep := &node{}
	for range 60 {
		deep = &node{embedded{deep, deep}}
	}
	client := newClient(t, &fakeAPI{})
	for _, value := range []any{deep, dag, map[string]any{"a": dag}, strings.Repeat("x", 100<<20), make([]int, 10<<20), [1]any{dag}} {
		client.Send(bb.Event{Name: "x", Payload: bb.Payload{"value": value}})
	}
	many := bb.Payload{}
	for i := range 100_000 {
		many[fmt.Sprint(i)] = i
	}
	client.Send(bb.Event{Name: "x", Payload: many})
	if n := client.Stats().DroppedBy[bb.DropInvalid]; n != 7 {
		t.Errorf("%d events were refused as invalid, want 7", n)
	}
}

func TestContextMayBeNil(t *testing.T) {
	rec := recorder(t, bb.Capture{})
	var none context.Context
	bb.FromContext(bb.NewContext(none, rec.Client().For(7, 7))).Track("x", nil)
	if len(rec.Events("x")) != 1 {
		t.Error("the tracker is lost")
	}
}

// failsBadly is a value whose error panics when it is looked at.
type failsBadly struct{}

func (failsBadly) MarshalJSON() ([]byte, error) { return nil, (*nilError)(nil) }

// The cause of a drop is looked at later, on a goroutine of its own.
func TestErrorOfAPayloadMayPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelDebug) })
		client.Send(bb.Event{Name: "x", Payload: bb.Payload{"value": failsBadly{}}})
		time.Sleep(2 * time.Minute)
		if text := strings.Join(log.lines(), "\n"); !strings.Contains(text, "reason=invalid count=1") {
			t.Errorf("log =\n%s", text)
		}
	})
}

// exitingError ends the goroutine that looks at it.
type exitingError struct{}

func (exitingError) Error() string {
	runtime.Goexit()
	return ""
}

func TestErrorThatExitsIsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var healed atomic.Bool
		api := &fakeAPI{}
		client := newClient(t, transportFunc(func(r *http.Request) (*http.Response, error) {
			if healed.Load() {
				return api.RoundTrip(r)
			}
			return nil, exitingError{}
		}))
		sendMany(client, 100)
		time.Sleep(time.Minute)
		healed.Store(true)
		time.Sleep(time.Hour)
		if s := client.Stats(); s.Pending != 0 {
			t.Errorf("Stats = %+v, want all delivered", s)
		}
	})
}
