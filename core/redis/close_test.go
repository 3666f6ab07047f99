package bbredis

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

func TestCloseGivesTheSurplusBack(t *testing.T) {
	a, b, _, _ := replicas(t)
	put(t, a, "1", "2", "3", "4")
	handOver(t, a)
	leased := append(take(t, a, 1), take(t, a, 1)...) // the second fetches one more
	if len(a.leases.surplus) == 0 {
		t.Fatal("there is no surplus to give back")
	}
	for _, r := range leased {
		remove(t, a, r.ID)
	}
	if lost, err := a.Close(); err != nil || len(lost) > 0 {
		t.Fatalf("Close = %d lost, %v", len(lost), err)
	}
	wantBodies(t, take(t, a, 1)) // which is no failure
	wantBodies(t, take(t, b, 9), "3", "4")
}

func TestCloseReturnsWhatIsInMemory(t *testing.T) {
	s := startServer(t)
	o := newOutbox(s.client(), "bot")
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
	wantFlow(t, o, store.Flow{HandedOver: 1})
}

func wantFlow(t *testing.T, o *outbox, want store.Flow) {
	t.Helper()
	if n, _ := o.Len(); o.Flow() != want || n != 0 {
		t.Errorf("Len = %d, Flow = %+v; want %+v", n, o.Flow(), want)
	}
}

// Redis hangs in the middle of a round trip: Close does not wait for its end.
func TestCloseWhileRedisHangs(t *testing.T) {
	s := startServer(t)
	rdb, other := s.client(), s.client()
	o := newOutbox(rdb, "bot")
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
	o := newOutbox(rdb, prefix)
	take(t, o, 1) // there is a connection
	begun, end := make(chan struct{}), make(chan struct{})
	rdb.AddHook(holding{new(trips), sync.OnceFunc(func() { close(begun); <-end })})
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
	wantFlow(t, o, store.Flow{}) // it was counted as lost
}

// panicking is a connection whose hook, which is the user's, panics.
type panicking struct {
	*trips
	on *atomic.Bool
}

func (p panicking) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if p.on.Load() {
			panic("in a hook")
		}
		return next(ctx, cmd)
	}
}

// What the user's client does in one round trip is over with it.
func TestPanicInTheClientOfTheUser(t *testing.T) {
	rdb, prefix := connect(t)
	var on atomic.Bool
	rdb.AddHook(panicking{new(trips), &on})
	srv := bbtest.NewServer(t)
	client := srv.Client(shared(rdb, prefix))
	on.Store(true)
	client.Send(bb.Event{Name: "order_paid"})
	time.Sleep(50 * time.Millisecond)
	on.Store(false)
	srv.Wait("order_paid", 1)
	on.Store(true)
	client.Send(bb.Event{Name: "order_paid"})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := client.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "panicked") {
		t.Errorf("Shutdown = %v, want that something panicked", err)
	}
}
