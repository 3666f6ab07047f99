package bbredis

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// replicas returns two outboxes of one prefix.
func replicas(t *testing.T) (a, b *Outbox, rdb *redis.Client, prefix string) {
	rdb, prefix = connect(t)
	return NewOutbox(rdb, prefix), NewOutbox(rdb, prefix), rdb, prefix
}

// claimSoon has the next Take look for leases that are over.
func claimSoon(o *Outbox) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.polls.claimed = time.Time{}
}

func TestAnotherReplicaTakesOver(t *testing.T) {
	a, b, rdb, prefix := replicas(t)
	put(t, a, "fresh")
	first := take(t, a, 1)
	wantBodies(t, take(t, b, 9)) // leased
	expire(t, rdb, prefix)
	claimSoon(b)
	second := take(t, b, 9)
	wantBodies(t, second, "fresh")
	if first[0].ID != second[0].ID {
		t.Errorf("the id is %v, and was %v", second[0].ID, first[0].ID)
	}
}

// What is claimed and not taken at once is nobody's, and not counted as leased.
func TestClaimedEventsAreReady(t *testing.T) {
	a, b, rdb, prefix := replicas(t)
	put(t, a, "1", "2", "3")
	take(t, a, 3)
	expire(t, rdb, prefix)
	claimSoon(b)
	wantBodies(t, take(t, b, 1), "1")
	k := newKeys(prefix)
	if n := do(t, rdb, "XPENDING", k.events, group).([]any)[0]; n != int64(1) {
		t.Errorf("%v events are leased, want 1", n)
	}
	if n := do(t, rdb, "ZCARD", k.ready); n != int64(2) {
		t.Errorf("%v events are ready, want 2", n)
	}
}

// Leases end in real time, however far ahead a Take looks.
func TestLookingAheadEndsNoLease(t *testing.T) {
	a, b, _, _ := replicas(t)
	put(t, a, "x")
	take(t, a, 1)
	records, _, err := b.Take(time.Now().Add(time.Hour), 9, lease)
	if err != nil || len(records) > 0 {
		t.Errorf("Take = %d records, %v; want none", len(records), err)
	}
}

// A replica that was slow delivered it after all: it is gone for everybody.
func TestLateDeliveryCounts(t *testing.T) {
	a, b, rdb, prefix := replicas(t)
	put(t, a, "x")
	slow := take(t, a, 1)[0]
	expire(t, rdb, prefix)
	quick := take(t, b, 1)[0]
	remove(t, a, slow.ID)
	handOver(t, a)
	retry(t, b, quick)
	handOver(t, b)
	wantBodies(t, take(t, b, 9))
	wantEmpty(t, rdb, prefix)
}

// Who lost the lease has no say in the delay.
func TestLateRetryIsIgnored(t *testing.T) {
	a, b, rdb, prefix := replicas(t)
	put(t, a, "x")
	slow := take(t, a, 1)[0]
	expire(t, rdb, prefix)
	quick := take(t, b, 1)[0]
	retry(t, a, slow)
	handOver(t, a)
	wantBodies(t, take(t, a, 9)) // b works on it
	remove(t, b, quick.ID)
	handOver(t, b)
	wantEmpty(t, rdb, prefix)
}

// A record that is still at work here is not given out again here.
func TestOwnLostLease(t *testing.T) {
	a, _, rdb, prefix := replicas(t)
	put(t, a, "x")
	slow := take(t, a, 1)[0]
	expire(t, rdb, prefix)
	claimSoon(a)
	wantBodies(t, take(t, a, 9))
	remove(t, a, slow.ID)
	handOver(t, a)
	wantEmpty(t, rdb, prefix)
}

func TestCloseGivesTheSurplusBack(t *testing.T) {
	a, b, rdb, prefix := replicas(t)
	put(t, a, "1", "2", "3", "4")
	handOver(t, a)
	leased := append(take(t, a, 1), take(t, a, 1)...) // the second fetches one more
	if len(a.local.surplus) == 0 {
		t.Fatal("there is no surplus to give back")
	}
	for _, r := range leased {
		remove(t, a, r.ID)
	}
	if lost, err := a.Close(); err != nil || len(lost) > 0 {
		t.Fatalf("Close = %d lost, %v", len(lost), err)
	}
	taken := take(t, b, 9)
	wantBodies(t, taken, "3", "4")
	if n := do(t, rdb, "XINFO", "CONSUMERS", newKeys(prefix).events, group); len(n.([]any)) != 1 {
		t.Errorf("there are %d consumers, want the one that is alive", len(n.([]any)))
	}
}

func TestStaleSurplusIsGivenBack(t *testing.T) {
	a, b, rdb, _ := replicas(t)
	put(t, a, "1", "2", "3")
	handOver(t, a)
	take(t, a, 1)
	take(t, a, 1)
	a.mu.Lock()
	for i := range a.local.surplus {
		a.local.surplus[i].stale = time.Now()
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

func TestCloseReturnsWhatIsInMemory(t *testing.T) {
	s := startServer(t)
	o := NewOutbox(s.client(), "bot")
	put(t, o, "in Redis")
	if _, err := o.Sync(t.Context()); err != nil { // and not settled
		t.Fatal(err)
	}
	s.kill()
	put(t, o, "in memory")
	lost, err := o.Close()
	if err == nil {
		t.Error("Close = nil, want why it could not hand over")
	}
	wantBodies(t, lost, "in memory")
	if n, _ := o.Len(); n != 1 {
		t.Errorf("Len = %d, want the one that is kept", n)
	}
}

// Redis hangs in the middle of a round trip: Close does not wait for its end.
func TestCloseWhileRedisHangs(t *testing.T) {
	s := startServer(t)
	rdb, other := s.client(), s.client()
	o := NewOutbox(rdb, "bot")
	take(t, o, 1) // there is a connection
	do(t, other, "CLIENT", "PAUSE", time.Minute.Milliseconds(), "ALL")
	put(t, o, "1", "2")
	hung := make(chan error)
	go func() {
		_, err := o.Sync(context.Background())
		hung <- err
	}()
	until(t, "the round trip", func() bool { return len(o.turn) == 1 })
	lost, err := o.Close()
	if err == nil {
		t.Error("Close = nil, want why it could not hand over")
	}
	wantBodies(t, lost, "1", "2")
	if err := <-hung; err == nil {
		t.Error("Sync = nil, though Redis hangs")
	}
	if n, _ := o.Len(); n != 0 {
		t.Errorf("Len = %d after what it had was returned", n)
	}
}

// A round trip that succeeds after Close has nothing to move any more.
func TestRoundTripEndsAfterClose(t *testing.T) {
	rdb, prefix := connect(t)
	o := NewOutbox(rdb, prefix)
	begun, end := make(chan struct{}), make(chan struct{})
	rdb.AddHook(holding{new(trips), func() { close(begun); <-end }})
	put(t, o, "1")
	synced := make(chan error)
	go func() {
		_, err := o.Sync(context.Background())
		synced <- err
	}()
	<-begun
	lost, err := o.Close()
	if err == nil {
		t.Error("Close = nil, want why it could not hand over")
	}
	wantBodies(t, lost, "1")
	close(end)
	if err := <-synced; err != nil {
		t.Errorf("Sync = %v", err)
	}
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

func (h holding) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		h.hold()
		return err
	}
}

func TestRoundTrips(t *testing.T) {
	rdb, prefix := connect(t)
	o := NewOutbox(rdb, prefix)
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
