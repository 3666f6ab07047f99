package bbredis

import (
	"errors"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T, bounds store.Bounds) store.Store {
		rdb, prefix := connect(t)
		return newOutbox(rdb, prefix, WithLimits(bounds.Events, bounds.Bytes))
	})
	storetest.RunDurable(t, func(t *testing.T, bounds store.Bounds) (store.Store, func() store.Store) {
		rdb, prefix := connect(t)
		open := func() *outbox { return newOutbox(rdb, prefix, WithLimits(bounds.Events, bounds.Bytes)) }
		box := open()
		return box, func() store.Store {
			if _, err := box.Sync(t.Context()); err != nil { // which the client calls within SyncAfter of a Settle
				t.Error(err)
			}
			expire(t, rdb, prefix) // the old one is forgotten, as after SIGKILL
			box = open()
			return box
		}
	})
}

// Each step of an event, of its own process and of another, is in the ledger.
func TestFlow(t *testing.T) {
	rdb, prefix := connect(t)
	o, other := newOutbox(rdb, prefix), newOutbox(rdb, prefix)
	check := func(what string, want store.Flow) {
		t.Helper()
		if got := o.Flow(); got != want {
			t.Errorf("%s: Flow = %+v, want %+v", what, got, want)
		}
	}
	put(t, o, "1", "2")
	check("put", store.Flow{Pending: 2})
	ids, err := o.Sync(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check("in Redis", store.Flow{Pending: 2})
	for _, id := range ids {
		remove(t, o, id)
	}
	check("handed over", store.Flow{HandedOver: 2})
	put(t, other, "3")
	handOver(t, other)
	taken := take(t, o, 3)
	check("taken", store.Flow{Pending: 3, Recovered: 3, HandedOver: 2})
	retry(t, o, taken[0])
	check("given back", store.Flow{Pending: 2, Recovered: 3, HandedOver: 3})
	remove(t, o, taken[1].ID)
	remove(t, o, taken[1].ID)
	check("removed", store.Flow{Pending: 1, Recovered: 3, HandedOver: 3})
	take(t, o, 1)
	check("taken again", store.Flow{Pending: 2, Recovered: 4, HandedOver: 3})
}

// One Sync moves all there is, however many round trips it takes.
func TestSyncMovesAll(t *testing.T) {
	rdb, prefix := connect(t)
	o := newOutbox(rdb, prefix)
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
	a, b := newOutbox(rdb, prefix, WithLimits(2, 0)), newOutbox(rdb, prefix, WithLimits(2, 0))
	put(t, a, "1", "2")
	handOver(t, a)
	wantBodies(t, take(t, b, 1), "1")
	if _, err := b.Put(event("3")); !errors.Is(err, store.ErrFull) {
		t.Errorf("Put = %v, want ErrFull", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s := startServer(t)
	o := newOutbox(s.client(), "bot")
	s.kill()
	for range store.InMemory.Events {
		put(t, o, "x")
	}
	if _, err := o.Put(event("x")); !errors.Is(err, store.ErrFull) {
		t.Errorf("Put = %v, want ErrFull", err)
	}
	s.start()
	handOver(t, o)
	put(t, o, "x")
}
