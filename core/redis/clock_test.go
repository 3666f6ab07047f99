package bbredis

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// elsewhere runs a test on a clock that is decades behind that of Redis, and
// that stands still but for time.Sleep.
func elsewhere(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	connect(t) // the common server outlives the test
	synctest.Test(t, test)
}

func wantAge(t *testing.T, r store.Record, want time.Duration) {
	t.Helper()
	if r.Age < want || r.Age > want+time.Minute {
		t.Errorf("%s has age %v, want %v", r.Body, r.Age, want)
	}
}

// Ages and delays are the same for replicas whose clocks differ.
func TestClocksOfReplicasDiffer(t *testing.T) {
	rdb, prefix := connect(t)
	o := newOutbox(rdb, prefix)
	aged := event("from here")
	aged.Age = time.Hour
	if _, err := o.Put(aged); err != nil {
		t.Fatal(err)
	}
	handOver(t, o)
	elsewhere(t, func(t *testing.T) {
		rdb, _ := connect(t)
		o := newOutbox(rdb, prefix)
		r := take(t, o, 1)[0]
		wantAge(t, r, time.Hour)
		if err := o.Settle(store.Outcome{ID: r.ID, RetryIn: 2 * time.Second, Attempts: 1}); err != nil {
			t.Fatal(err)
		}
		put(t, o, "from elsewhere")
		handOver(t, o)
	})
	r := take(t, o, 9)
	wantBodies(t, r, "from elsewhere")
	wantAge(t, r[0], 0)
	if r, found, wait, err := o.Take(false, lease); err != nil || found || wait > 2*time.Second {
		t.Errorf("Take = %q, again in %v, %v; want none, and in 2 s at most", r.Body, wait, err)
	}
}

// The clock of Redis jumps by days, as in a fail-over to a node with another
// clock, while events are in every state. None is held back longer than 10 min,
// none expires untried, and each is delivered.
func TestClockOfRedisJumps(t *testing.T) {
	for _, jump := range []time.Duration{4 * 24 * time.Hour, -4 * 24 * time.Hour, 10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			s := startWrongClock(t)
			if s.env == nil {
				t.Skip("the clock of this server cannot be set")
			}
			rdb := s.client()
			dead, o := newOutbox(rdb, "bot"), newOutbox(rdb, "bot")
			put(t, dead, "leased", "delayed", "waits")
			taken := take(t, dead, 2)
			if err := dead.Settle(store.Outcome{ID: taken[1].ID, RetryIn: 9 * time.Minute, Attempts: 1}); err != nil {
				t.Fatal(err)
			}
			handOver(t, dead)
			s.setClock(jump)
			var got []string
			for _, r := range take(t, o, 9) {
				got = append(got, string(r.Body))
				if !r.Recovered {
					t.Errorf("%s is %v old, and would expire untried", r.Body, r.Age)
				}
				remove(t, o, r.ID)
			}
			if slices.Sort(got); !slices.Equal(got, []string{"delayed", "leased", "waits"}) {
				t.Errorf("took %q, want all three", got)
			}
			handOver(t, o)
			wantEmpty(t, rdb, "bot")

			srv := bbtest.NewServer(t)
			first := srv.Client(shared(rdb, "bot"), unreachable)
			first.Send(bb.Event{Name: "order_paid"})
			closeAll(t, first)
			s.setClock(2 * jump)
			second := srv.Client(shared(rdb, "bot"))
			srv.Wait("order_paid", 1)
			closeAll(t, second)
		})
	}
}

// The throttle goes by the clock of Redis, by Telegram's dates, and by the slot
// that an activity had when it was accepted.
func TestThrottleByTheClockOfRedis(t *testing.T) {
	rdb, prefix := connect(t)
	put := func(o *outbox, slot uint64, date int64) {
		if _, err := o.Put(store.Record{Sheddable: true, Slot: slot, Date: date}); err != nil {
			t.Fatal(err)
		}
		handOver(t, o)
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	put(newOutbox(rdb, prefix), 14, 0)
	nextMillisecond(t, rdb)
	elsewhere(t, func(t *testing.T) {
		rdb, _ := connect(t)
		o := newOutbox(rdb, prefix)
		put(o, 14, 0)
		for _, after := range []time.Duration{0, 30 * time.Minute, time.Hour} {
			put(o, 14, yesterday.Add(after).UnixMilli())
		}
	})
	th, o := NewThrottle(rdb, prefix).Shared(), newOutbox(rdb, prefix)
	for i, want := range []bool{true, false, true, false, true} { // of a backlog one an hour
		r := take(t, o, 1)[0]
		a := throttle.Activity{Slot: throttle.Slot(r.Slot), Key: fmt.Sprint(i), Age: r.Age, Date: r.Date}
		if won, err := th.Claim(t.Context(), a, window); err != nil || won != want {
			t.Errorf("activity %d, %+v: Claim = %v, %v; want %v", i, a, won, err, want)
		}
	}
}

// Time that passes in the memory of a process counts.
func TestTimeInMemoryCounts(t *testing.T) {
	const lease = 4 * time.Hour
	elsewhere(t, func(t *testing.T) {
		rdb, prefix := connect(t)
		o := newOutbox(rdb, prefix)
		put(t, o, "a", "b", "c")
		time.Sleep(time.Hour)
		var taken []store.Record
		for range 2 { // the second fetches one more
			taken = append(taken, takeFor(t, o, 1, lease)...)
		}
		time.Sleep(time.Hour)
		taken = append(taken, takeFor(t, o, 1, lease)...)
		wantBodies(t, taken, "a", "b", "c")
		for i, want := range []time.Duration{time.Hour, time.Hour, 2 * time.Hour} {
			wantAge(t, taken[i], want)
		}
	})
}
