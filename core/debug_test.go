package bb_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// At level debug each event has a line that a person can read, also those that
// are not sent, with the reason.
func TestDebugIsReadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			if r.name == "order_refused" {
				return 422, nil, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.Logger = log.logger(slog.LevelDebug)
			cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) { return ev, ev.UserID != 13 }
		})
		client.Send(bb.Event{Name: "order_paid", UserID: 7, ChatID: 8, Payload: bb.Payload{"currency": "RUB", "amount": 250}, IdempotencyKey: "one"})
		client.Send(bb.Event{Name: "order_paid", UserID: 7, ChatID: 8, Payload: bb.Payload{"currency": "RUB", "amount": 250}, IdempotencyKey: "one"})
		client.Send(bb.Event{Name: "order_paid", UserID: 13})
		client.Observe(message("hi"))
		client.Observe(message("hello"))
		client.Send(bb.Event{Name: "order_refused", UserID: 7})
		client.Send(bb.Event{Name: "order_lost", Payload: bb.Payload{"f": func() {}}})
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		text := strings.Join(log.lines(), "\n")
		for _, want := range []string{
			`level=DEBUG msg="bb: request" event=order_paid user=7 chat=8 payload.amount=250 payload.currency=RUB key=`,
			`attempt=1 status=200`,
			`level=DEBUG msg="bb: event not sent" reason=duplicate event=order_paid user=7 chat=8 payload.amount=250 payload.currency=RUB key=`,
			`level=DEBUG msg="bb: event not sent" reason=filtered event=order_paid user=13 chat=0 key=`,
			`level=DEBUG msg="bb: event not sent" reason=throttled event=activity user=7 chat=7 payload.chat_type=private payload.source=telegram payload.update_type=message`,
			`status=422 problem="bb: HTTP 422" answer=map[]`,
			`level=DEBUG msg="bb: event not sent" reason=refused event=order_refused user=7`,
			`level=DEBUG msg="bb: event not sent" reason=invalid event=order_lost`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the log lacks\n%s", want)
			}
		}
		if strings.Contains(text, `{\"`) {
			t.Error("there is JSON in quotes")
		}
		if t.Failed() {
			t.Log(text)
		}
	})
}

// As JSON the log nests what it tells.
func TestDebugAsJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
			cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		client.Send(bb.Event{Name: "order_paid", UserID: 7, Payload: bb.Payload{"amount": 250}})
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		for _, line := range log.lines() {
			var said struct {
				Event   string
				Payload struct{ Amount int }
			}
			if err := json.Unmarshal([]byte(line), &said); err != nil {
				t.Fatal(err)
			}
			if said.Event == "order_paid" && said.Payload.Amount == 250 {
				return
			}
		}
		t.Errorf("no line shows the event:\n%s", strings.Join(log.lines(), "\n"))
	})
}

// The level may change while the bot runs.
func TestDebugIsSwitchedOnLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		var level slog.LevelVar
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) {
			cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: &level}))
		})
		send := func() {
			client.Send(bb.Event{Name: "order_paid"})
			time.Sleep(2 * time.Second)
			synctest.Wait()
		}
		send()
		level.Set(slog.LevelDebug)
		send()
		send()
		if text := strings.Join(log.lines(), "\n"); strings.Count(text, "bb: request") == 0 {
			t.Errorf("debug was switched on, and nothing shows:\n%s", text)
		}
	})
}
