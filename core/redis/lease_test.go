package bbredis

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/storetest"
)

// replicas returns two outboxes of one prefix.
func replicas(t *testing.T) (a, b *outbox, rdb *redis.Client, prefix string) {
	rdb, prefix = connect(t)
	return newOutbox(rdb, prefix), newOutbox(rdb, prefix), rdb, prefix
}

func TestAnotherReplicaTakesOver(t *testing.T) {
	a, b, rdb, prefix := replicas(t)
	put(t, a, "fresh")
	first := take(t, a, 1)
	wantBodies(t, take(t, b, 9)) // leased
	expire(t, rdb, prefix)
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
	wantBodies(t, take(t, b, 1), "1")
	k := newKeys(prefix)
	if n := do(t, rdb, "ZCARD", k.leased); n != int64(1) {
		t.Errorf("%v events are leased, want 1", n)
	}
	if n := do(t, rdb, "ZCARD", k.ready); n != int64(2) {
		t.Errorf("%v events are ready, want 2", n)
	}
}

// What is leased is not due next.
func TestTakingEarlyEndsNoLease(t *testing.T) {
	a, b, _, _ := replicas(t)
	put(t, a, "x")
	take(t, a, 1)
	if records := storetest.TakeEarly(t, b); len(records) > 0 {
		t.Errorf("took %d records, want none", len(records))
	}
}

// What is delayed stays so while anything is due, here or in Redis.
func TestNothingIsEarlyBesideWhatIsDue(t *testing.T) {
	a, _, _, _ := replicas(t)
	put(t, a, "delayed")
	storetest.Settle(t, a, store.Outcome{ID: take(t, a, 1)[0].ID, RetryIn: time.Hour})
	put(t, a, "1", "2", "3")
	early := func() []store.Record {
		t.Helper()
		return storetest.TakeEarly(t, a)
	}
	take(t, a, 1)
	take(t, a, 1) // fetches one more
	wantBodies(t, early(), "3")
	put(t, a, "4")
	wantBodies(t, early(), "4")
	wantBodies(t, early(), "delayed")
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
	wantBodies(t, take(t, a, 9))
	remove(t, a, slow.ID)
	handOver(t, a)
	wantEmpty(t, rdb, prefix)
}

// A number is not given out again, so that a late outcome finds nothing else.
func TestNumbersAreNotGivenOutAgain(t *testing.T) {
	a, b, rdb, prefix := replicas(t)
	put(t, a, "old")
	old := take(t, a, 1)[0]
	expire(t, rdb, prefix) // which takes a millisecond
	do(t, rdb, append([]any{"DEL"}, anys(newKeys(prefix).all())...)...)
	put(t, b, "new")
	handOver(t, b)
	remove(t, a, old.ID)
	handOver(t, a)
	wantBodies(t, take(t, b, 9), "new")
}

func anys(texts []string) (all []any) {
	for _, text := range texts {
		all = append(all, text)
	}
	return all
}

// Events that came again, for their leases were over, are not given out beside what
// is still at work; and they do not keep others waiting.
func TestWhatIsStillAtWorkHoldsUpNothing(t *testing.T) {
	rdb, prefix := connect(t)
	o := newOutbox(rdb, prefix)
	const busy = 3 * mostSurplus
	for range busy {
		put(t, o, "busy")
	}
	if n := len(take(t, o, busy)); n != busy {
		t.Fatalf("took %d, want %d", n, busy)
	}
	expire(t, rdb, prefix)
	put(t, o, "fresh")
	for began := time.Now(); time.Since(began) < time.Second; {
		r, found, wait, err := o.Take(false, lease)
		if err != nil {
			t.Fatal(err)
		}
		if found {
			wantBodies(t, []store.Record{r}, "fresh")
			return
		}
		time.Sleep(wait)
	}
	t.Error("the fresh event was not found within a second")
}

// One deleted event does not hide the next from a Take that is early.
func TestEarlyTakeGoesOnBehindWhatWasDeleted(t *testing.T) {
	rdb, prefix := connect(t)
	o := newOutbox(rdb, prefix)
	put(t, o, "deleted", "kept")
	for i, r := range take(t, o, 2) {
		storetest.Settle(t, o, store.Outcome{ID: r.ID, RetryIn: time.Duration(i+1) * time.Minute, Attempts: 1})
	}
	handOver(t, o)
	k := newKeys(prefix)
	first := do(t, rdb, "ZRANGE", k.later, 0, 0).([]any)
	do(t, rdb, "HDEL", k.events, first[0])
	wantBodies(t, storetest.TakeEarly(t, o), "kept")
}

func TestOneTakeFetchesFewForOthers(t *testing.T) {
	rdb, prefix := connect(t)
	o := newOutbox(rdb, prefix)
	for range 200 {
		put(t, o, "x")
	}
	handOver(t, o)
	for range 100 {
		take(t, o, 1)
		if n := len(o.leases.surplus); n > mostSurplus {
			t.Fatalf("%d events are leased beyond what was asked for, want %d at most", n, mostSurplus)
		}
	}
}

// What others have leased is looked for when the lease ends, and no later.
func TestLooksWhenALeaseEnds(t *testing.T) {
	a, b, _, _ := replicas(t)
	b.pollEvery = time.Hour
	put(t, a, "x")
	take(t, a, 1)
	r, found, wait, err := b.Take(false, lease)
	if err != nil || found || wait <= 0 || wait > lease {
		t.Errorf("Take = %q, again in %v, %v; want none, and within %v", r.Body, wait, err, lease)
	}
}
