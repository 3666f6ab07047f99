package bb_test

import (
	"context"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/leaktest"
)

func TestCloseLeavesNoGoroutine(t *testing.T) {
	leaktest.Check(t)
	srv := bbtest.NewServer(t)
	client := srv.Client(func(cfg *bb.Config) { cfg.OnDrop = func(bb.Event, bb.DropReason) {} })
	for user := range int64(100) {
		client.For(user+1, 0).ChoiceMade(bb.Payload{"n": user})
	}
	client.Send(bb.Event{})
	srv.Wait(bb.EventChoiceMade, 100)
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

func TestShutdownInAnOutageLeavesNoGoroutine(t *testing.T) {
	leaktest.Check(t)
	srv := bbtest.NewServer(t)
	for range 1000 {
		srv.Answer(bbtest.Answer{Hang: true})
	}
	client := srv.Client(func(cfg *bb.Config) { cfg.Timeout = 50 * time.Millisecond })
	for range 100 {
		client.Send(bb.Event{Name: "order_paid"})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := client.Shutdown(ctx); err == nil {
		t.Error("Shutdown = nil, though the API hangs")
	}
}

// A bot that never closes its client has timers and idle connections at most;
// the server ends the latter.
func TestUnclosedClientLeavesNoGoroutine(t *testing.T) {
	leaktest.Check(t)
	srv := bbtest.NewServer(t)
	client, err := bb.New(bb.Config{Enabled: true, BaseURL: srv.URL, IntegrationKey: bb.Secret(srv.Key)})
	if err != nil {
		t.Fatal(err)
	}
	client.Send(bb.Event{Name: "order_paid"})
	srv.Wait("order_paid", 1)
}

func TestDisabledClientStartsNoGoroutine(t *testing.T) {
	leaktest.Check(t)
	client, err := bb.New(bb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	client.Send(bb.Event{Name: "order_paid"})
}
