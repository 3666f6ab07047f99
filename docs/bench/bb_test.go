package bench

import (
	"context"
	"log/slog"
	"math"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
)

// memoryEvents is near the most that fits into the 16 MiB of a MemoryOutbox.
const memoryEvents = 40_000

func openMemory(tb testing.TB, o options) driver {
	return openBB(tb, o, bb.MemoryOutbox(math.MaxInt))
}

func openDisk(tb testing.TB, o options) driver {
	outbox, err := bbdisk.Open(tb.TempDir(), bbdisk.WithLimits(1<<40, 1<<60))
	check(tb, err)
	return openBB(tb, o, outbox)
}

func openBB(tb testing.TB, o options, outbox bb.Outbox) driver {
	client, err := bb.New(bb.Config{
		Enabled: true, BaseURL: o.url, IntegrationKey: "benchmark",
		MaxInFlight: o.inFlight, Outbox: outbox, Logger: slog.New(slog.DiscardHandler),
		Timeout: time.Minute, // longer than the sink hangs
	})
	check(tb, err)
	tb.Cleanup(func() {
		if dropped := client.Stats().Dropped; dropped > 0 {
			tb.Errorf("bb dropped %d events", dropped)
		}
		_ = client.Shutdown(tb.Context()) // that has ended: what still waits is not delivered
	})
	tracker := client.For(7, 7) // a handler gets one from its context
	return driver{
		call:   func() { tracker.ChoiceMade(bb.Payload{"team_code": "bra", "handler": "choice"}) },
		settle: func() { check(tb, client.Flush(context.Background())) },
		client: client,
	}
}

// await returns when n more events are delivered, with how many are.
func (d driver) await(n int) int {
	for before := d.client.Stats().Delivered; ; time.Sleep(time.Millisecond) {
		if more := int(d.client.Stats().Delivered - before); more >= n {
			return more
		}
	}
}
