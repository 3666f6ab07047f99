package bbtest_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

func observe(t *testing.T, client *bb.Client, raw []byte) *bb.Tracker {
	t.Helper()
	u, err := bb.UpdateFromJSON(raw, 42, "test_bot")
	if err != nil {
		t.Fatal(err)
	}
	return client.Observe(u)
}

func TestRecorderHasEventsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t)
		tracker := observe(t, rec.Client(), bbtest.StartJSON(7, "ref"))
		tracker.ChoiceMade(bb.Payload{"team_code": "bra", "round": 2})

		started := rec.Want(bb.EventUserStarted, 1)[0]
		if started.UserID != 7 || started.ChatID != 7 || started.Payload["handler"] != "start" {
			t.Errorf("user_started = %+v", started)
		}
		rec.Want(bb.EventActivity, 1)
		choice := rec.Want(bb.EventChoiceMade, 1)[0]
		if choice.Payload["team_code"] != "bra" || choice.Payload["round"] != 2.0 {
			t.Errorf("choice_made payload = %v", choice.Payload)
		}
	})
}

// The updates mean what their names say.
func TestUpdatesOfPaymentsAndBlocks(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.Capture = bb.Capture{Payments: true, Blocks: true} })
	observe(t, rec.Client(), bbtest.PaymentJSON(7, "RUB", 19900))
	observe(t, rec.Client(), bbtest.RefundJSON(7, "XTR", 100))
	observe(t, rec.Client(), bbtest.BlockJSON(7))
	for name, amount := range map[string]any{bb.EventPaymentSucceeded: 19900.0, bb.EventPaymentRefunded: 100.0, bb.EventBotBlocked: nil} {
		if ev := rec.Want(name, 1)[0]; ev.UserID != 7 || ev.ChatID != 7 || ev.Payload["total_amount"] != amount {
			t.Errorf("%s is %+v", name, ev)
		}
	}
	if got := rec.Want(bb.EventActivity, 2)[1]; got.UserID != 0 {
		t.Errorf("the refund is activity of %d: the bot gave it, not the person", got.UserID)
	}
}

func TestRecorderAppliesTheThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t)
		observe(t, rec.Client(), bbtest.TextJSON(7, "hi"))
		observe(t, rec.Client(), bbtest.TextJSON(7, "hi again"))
		rec.Want(bb.EventActivity, 1)
		suppressed := rec.Suppressed()
		if len(suppressed) != 1 || suppressed[0].Reason != bb.DropThrottled || suppressed[0].Event.UserID != 7 {
			t.Fatalf("suppressed = %+v, want one throttled activity of user 7", suppressed)
		}
		time.Sleep(time.Minute)
		observe(t, rec.Client(), bbtest.TextJSON(7, "later"))
		rec.Want(bb.EventActivity, 2)

		rec.Reset()
		if len(rec.Events()) != 0 || len(rec.Suppressed()) != 0 {
			t.Error("Reset left something behind")
		}
	})
}

// failures collects what a helper reports instead of failing this test.
type failures struct {
	testing.TB
	text strings.Builder
}

func (f *failures) Helper() {}
func (f *failures) Errorf(format string, args ...any) {
	f.text.WriteString(strings.TrimSpace(fmt.Sprintf(format, args...)) + "\n")
}
func (f *failures) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

// ends reports whether a helper ended the test.
func (f *failures) ends(helper func()) bool {
	over, returned := make(chan struct{}), false
	go func() {
		defer close(over)
		helper()
		returned = true
	}()
	<-over
	return !returned
}

func TestFailureSaysWhatCameAndWhy(t *testing.T) {
	tb := &failures{TB: t}
	rec := bbtest.NewRecorder(tb)
	observe(t, rec.Client(), bbtest.TextJSON(7, "hi"))
	observe(t, rec.Client(), bbtest.TextJSON(7, "hi"))
	if !tb.ends(func() { rec.Want(bb.EventUserStarted, 1) }) {
		t.Error("the test goes on with events that it does not have")
	}
	for _, want := range []string{"want 1 user_started, got 0", "activity user=7 chat=7", "throttled"} {
		if !strings.Contains(tb.text.String(), want) {
			t.Errorf("the failure does not say %q:\n%s", want, tb.text.String())
		}
	}
}

// What BeforeSend and OnDrop do in production they do in a test too.
func TestRecorderRunsTheHooks(t *testing.T) {
	tb := &failures{TB: t}
	var dropped []string
	rec := bbtest.NewRecorder(tb, func(cfg *bb.Config) {
		cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) {
			ev.Payload["version"] = 1
			if ev.UserID == 13 {
				panic("no opt-outs")
			}
			return ev, ev.UserID != 14
		}
		cfg.OnDrop = func(ev bb.Event, reason bb.DropReason) {
			dropped = append(dropped, fmt.Sprintf("%s %v %s", ev.Name, ev.Payload, reason))
		}
	})
	client := rec.Client()
	client.Send(bb.Event{Name: "order_paid", UserID: 7})
	client.Send(bb.Event{Name: "order_paid", UserID: 13})
	client.Send(bb.Event{Name: "order_paid", UserID: 14})
	client.Send(bb.Event{Name: "order_lost", Payload: bb.Payload{"f": func() {}}})
	observe(t, client, bbtest.TextJSON(7, "hi"))
	observe(t, client, bbtest.TextJSON(7, "hi"))
	_ = client.Close()

	if paid := rec.Want("order_paid", 1)[0]; paid.Payload["version"] != 1.0 {
		t.Errorf("sent %+v", paid)
	}
	tb.ends(func() { rec.Want("order_paid", 2) })
	if want := "order_paid user=13 chat=0 {}: filtered: BeforeSend panicked: no opt-outs"; !strings.Contains(tb.text.String(), want) {
		t.Errorf("the failure does not say %q:\n%s", want, tb.text.String())
	}
	if want := []string{"order_lost map[] invalid"}; !slices.Equal(dropped, want) {
		t.Errorf("OnDrop got %q, want %q", dropped, want)
	}
}

func TestRecorderFailsOnWhatTheAPIWouldRefuse(t *testing.T) {
	for want, ev := range map[string]bb.Event{
		"snake_case":     {Name: "Order Paid"},
		"not flat":       {Name: "order_paid", Payload: bb.Payload{"user": map[string]any{"id": 1}}},
		"not snake_case": {Name: "order_paid", Payload: bb.Payload{"userId": 1}},
	} {
		tb := &failures{TB: t}
		bbtest.NewRecorder(tb).Client().Send(ev)
		if !strings.Contains(tb.text.String(), want) || !strings.Contains(tb.text.String(), ev.Name) {
			t.Errorf("%+v: the failure is %q, want one that says %q", ev, tb.text.String(), want)
		}
	}
}

func TestServerTakesEachKeyOnce(t *testing.T) {
	srv := bbtest.NewServer(t)
	client := srv.Client()
	observe(t, client, bbtest.StartJSON(7, ""))
	srv.Wait(bb.EventUserStarted, 1)
	srv.Wait(bb.EventActivity, 1)
	if err := client.Check(t.Context()); err != nil {
		t.Errorf("Check = %v", err)
	}
}

func TestServerRefusesWhatTheContractForbids(t *testing.T) {
	srv := bbtest.NewServer(t)
	dropped := make(chan bb.DropReason, 1)
	client := srv.Client(func(cfg *bb.Config) {
		cfg.OnDrop = func(_ bb.Event, reason bb.DropReason) { dropped <- reason }
	})
	client.Send(bb.Event{Name: "nested", Payload: bb.Payload{"user": map[string]any{"id": 1}}})
	if got := <-dropped; got != bb.DropRefused {
		t.Errorf("dropped as %q, want refused", got)
	}
	if got := srv.Requests()[0]; got.Status != 422 || !strings.Contains(got.Fault, "flat") {
		t.Errorf("request = %d %s", got.Status, got.Fault)
	}
}

func TestServerAnswersAsTold(t *testing.T) {
	srv := bbtest.NewServer(t)
	srv.Answer(bbtest.Answer{Status: 503}, bbtest.Answer{Cut: true})
	client := srv.Client()
	client.Send(bb.Event{Name: "order_paid", UserID: 7})
	srv.Wait("order_paid", 1)
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(srv.Requests()); n != 3 {
		t.Errorf("%d requests, want 3: one refused, one with its answer lost, one repeated", n)
	}
	if n := len(srv.Events("order_paid")); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

func TestServerHangs(t *testing.T) {
	srv := bbtest.NewServer(t)
	srv.Answer(bbtest.Answer{Hang: true})
	client := srv.Client(func(cfg *bb.Config) { cfg.Timeout = 50 * time.Millisecond })
	client.Send(bb.Event{Name: "order_paid"})
	srv.Wait("order_paid", 1)
}

func TestSetenv(t *testing.T) {
	srv := bbtest.NewServer(t)
	srv.Setenv()
	cfg := bb.ConfigFromEnv()
	if !cfg.Enabled || cfg.BaseURL != srv.URL || string(cfg.IntegrationKey) != srv.Key {
		t.Errorf("ConfigFromEnv = %+v", cfg)
	}
}
