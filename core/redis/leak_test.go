package bbredis

import (
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/leaktest"
)

func TestCloseLeavesNoGoroutine(t *testing.T) {
	leaktest.Check(t)
	rdb := startServer(t).client()
	srv := bbtest.NewServer(t)
	client := srv.Client(func(cfg *bb.Config) {
		cfg.Outbox, cfg.Throttle = NewOutbox(rdb, "bot"), NewThrottle(rdb, "bot")
	})
	client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
	srv.Wait(bb.EventActivity, 1)
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}
