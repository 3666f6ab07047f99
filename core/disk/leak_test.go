package bbdisk

import (
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/leaktest"
)

func TestCloseLeavesNoGoroutine(t *testing.T) {
	leaktest.Check(t)
	outbox, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	srv := bbtest.NewServer(t)
	client := srv.Client(func(cfg *bb.Config) { cfg.Outbox = outbox })
	client.Send(bb.Event{Name: "order_paid"})
	srv.Wait("order_paid", 1)
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}
