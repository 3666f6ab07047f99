package bbredis

import (
	"errors"
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

// One Sync moves all there is, however many round trips it takes.
func TestSyncMovesAll(t *testing.T) {
	rdb, prefix := connect(t)
	o := NewOutbox(rdb, prefix)
	for range 3 * batchEvents {
		put(t, o, "x")
	}
	if ids, err := o.Sync(t.Context()); err != nil || len(ids) != 3*batchEvents {
		t.Errorf("Sync = %d, %v; want %d", len(ids), err, 3*batchEvents)
	}
}

// The bounds hold over all replicas, as of their last round trips.
func TestBoundsAreShared(t *testing.T) {
	rdb, prefix := connect(t)
	a, b := NewOutbox(rdb, prefix, WithLimits(2, 0)), NewOutbox(rdb, prefix, WithLimits(2, 0))
	put(t, a, "1", "2")
	handOver(t, a)
	wantBodies(t, take(t, b, 1), "1")
	if _, err := b.Put(event("3")); !errors.Is(err, outbox.ErrFull) {
		t.Errorf("Put = %v, want ErrFull", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s := startServer(t)
	o := NewOutbox(s.client(), "bot")
	s.kill()
	for range localEvents {
		put(t, o, "x")
	}
	if _, err := o.Put(event("x")); !errors.Is(err, outbox.ErrFull) {
		t.Errorf("Put = %v, want ErrFull", err)
	}
	s.start()
	handOver(t, o)
	put(t, o, "x")
}
