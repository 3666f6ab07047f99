package bbredis

import (
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outboxtest"
)

func TestConformance(t *testing.T) {
	outboxtest.Run(t, func(t *testing.T, bounds outbox.Bounds) outbox.Outbox {
		rdb, prefix := connect(t)
		return NewOutbox(rdb, prefix, WithLimits(bounds.Events, bounds.Bytes))
	})
	outboxtest.RunDurable(t, func(t *testing.T, bounds outbox.Bounds) (outbox.Outbox, func() outbox.Outbox) {
		rdb, prefix := connect(t)
		open := func() *Outbox { return NewOutbox(rdb, prefix, WithLimits(bounds.Events, bounds.Bytes)) }
		box := open()
		return box, func() outbox.Outbox {
			if _, err := box.Sync(t.Context()); err != nil { // which the client calls within SyncAfter of a Settle
				t.Error(err)
			}
			expire(t, rdb, prefix) // the old one is forgotten, as after SIGKILL
			box = open()
			return box
		}
	})
}
