package bbredis

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

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
	if records, wait, err := o.Take(1, false, lease); err != nil || len(records) > 0 || wait > 2*time.Second {
		t.Errorf("Take = %d records, again in %v, %v; want none, and in 2 s at most", len(records), wait, err)
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
			records, _, err := o.Take(1, false, lease)
			if err != nil {
				t.Fatal(err)
			}
			taken = append(taken, records...)
		}
		time.Sleep(time.Hour)
		records, _, err := o.Take(1, false, lease)
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, records...)
		wantBodies(t, taken, "a", "b", "c")
		for i, want := range []time.Duration{time.Hour, time.Hour, 2 * time.Hour} {
			wantAge(t, taken[i], want)
		}
		if err := o.Settle(store.Outcome{ID: taken[0].ID, RetryIn: time.Hour}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		wantBodies(t, take(t, o, 1), "a") // it was due when Redis got the outcome
	})
}
