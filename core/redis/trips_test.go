package bbredis

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// trips counts the round trips of a connection.
type trips struct{ n atomic.Int64 }

func (c *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (c *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { c.n.Add(1); return next(ctx, cmd) }
}

func (c *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { c.n.Add(1); return next(ctx, cmds) }
}

// holding is a connection that calls hold once each round trip is over.
type holding struct {
	*trips
	hold func()
}

func (h holding) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		h.hold()
		return err
	}
}

func TestRoundTrips(t *testing.T) {
	rdb, prefix := connect(t)
	o := newOutbox(rdb, prefix)
	put(t, o, "warm up")
	remove(t, o, take(t, o, 1)[0].ID)
	handOver(t, o)

	count := new(trips)
	rdb.AddHook(count)
	spent := func(want int64, what string) {
		t.Helper()
		if n := count.n.Swap(0); n != want {
			t.Errorf("%s took %d round trips, want %d", what, n, want)
		}
	}
	handOver(t, o)
	spent(0, "Sync of nothing")
	put(t, o, "a", "b", "c", "d")
	one := take(t, o, 1)
	spent(1, "handing over 4 and taking one")
	handOver(t, o)
	spent(0, "Sync after Take")
	two := append(take(t, o, 1), take(t, o, 1)...)
	spent(1, "taking 2 while 1 is leased")
	for _, r := range append(one, two...) {
		remove(t, o, r.ID)
	}
	wantBodies(t, take(t, o, 1), "d")
	spent(1, "settling 3 and taking 1")
}

// Senders that wait for one another's round trip share the next.
func TestTakesThatWaitShareARoundTrip(t *testing.T) {
	const takes = 8
	rdb, prefix := connect(t)
	o, count := newOutbox(rdb, prefix), new(trips)
	take(t, o, 1) // there is a connection, and Redis has the script
	begun, end := make(chan struct{}), make(chan struct{})
	rdb.AddHook(holding{count, sync.OnceFunc(func() { close(begun); <-end })})
	rdb.AddHook(count)
	bodies := make(chan string, takes)
	for range takes {
		put(t, o, "x")
	}
	take := func() {
		for _, r := range take(t, o, 1) {
			bodies <- string(r.Body)
		}
	}
	go take()
	<-begun
	for range takes - 1 {
		go take()
	}
	until(t, "the Takes", func() bool { return o.asking.Load() == takes })
	close(end)
	for range takes {
		<-bodies
	}
	if n := count.n.Load(); n != 2 {
		t.Errorf("%d Takes made %d round trips, want 2", takes, n)
	}
}

func TestStaleSurplusIsGivenBack(t *testing.T) {
	a, b, rdb, _ := replicas(t)
	put(t, a, "1", "2", "3")
	handOver(t, a)
	take(t, a, 1)
	take(t, a, 1)
	a.mu.Lock()
	for i := range a.leases.surplus {
		a.leases.surplus[i].stale = time.Now()
	}
	a.mu.Unlock()
	count := new(trips)
	rdb.AddHook(count)
	wantBodies(t, take(t, a, 1), "3") // given back and taken again
	if n := count.n.Load(); n != 1 {
		t.Errorf("there were %d round trips, want 1", n)
	}
	wantBodies(t, take(t, b, 9))
}
