// Package outboxtest is the conformance suite that every outbox passes.
package outboxtest

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// Open returns an empty outbox with the given bounds for one test.
type Open func(t *testing.T, bounds outbox.Bounds) outbox.Outbox

const lease = time.Minute

var roomy = outbox.Bounds{Events: 1000, Bytes: 1 << 20}

// Run holds an outbox against what outbox.Outbox promises.
func Run(t *testing.T, open Open) {
	cases := []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"KeepsRecordsAsTheyAre", keepsRecords},
		{"TakesOldestFirst", takesOldestFirst},
		{"TakesFewestAttemptsFirst", takesFewestAttemptsFirst},
		{"LeasesOnce", leasesOnce},
		{"WaitsForRetryAt", waitsForRetryAt},
		{"ShedsLowRecordsFirst", shedsLowFirst},
		{"BoundsBytes", boundsBytes},
		{"GivesRoomBack", givesRoomBack},
		{"IgnoresUnknownIDs", ignoresUnknownIDs},
		{"CountsAndNamesTheLast", countsAndNamesTheLast},
		{"RefusesAfterClose", refusesAfterClose},
		{"IsQuietAfterClose", isQuietAfterClose},
		{"ConcurrentSafe", concurrentSafe},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

func keepsRecords(t *testing.T, open Open) {
	box := open(t, roomy)
	now := time.Now()
	id := put(t, box, outbox.Record{Key: []byte("key"), Body: []byte("body"), Accepted: now, Low: true})
	got := take(t, box, now, 1)[0]
	if !box.Shared() && got.ID != id || string(got.Key) != "key" || string(got.Body) != "body" || got.Attempts != 0 || !got.Low {
		t.Errorf("took %+v, which is not what was put", got)
	}
	if !got.Accepted.Equal(now) {
		t.Errorf("accepted at %v, want %v", got.Accepted, now)
	}
}

func takesOldestFirst(t *testing.T, open Open) {
	box := open(t, roomy)
	putMany(t, box, 200)
	got := bodies(append(take(t, box, time.Now(), 150), take(t, box, time.Now(), 100)...))
	if len(got) != 200 || !slices.IsSorted(got) {
		t.Errorf("took %d, sorted: %v; want 200 in the order of Put", len(got), slices.IsSorted(got))
	}
}

func takesFewestAttemptsFirst(t *testing.T, open Open) {
	box := open(t, roomy)
	now := time.Now()
	putMany(t, box, 4)
	for i, r := range take(t, box, now, 4) {
		settle(t, box, outbox.Outcome{ID: r.ID, RetryAt: now, Attempts: 4 - i})
	}
	put(t, box, record("fresh"))
	got := bodies(take(t, box, now, 9))
	if want := []string{"fresh", "0003", "0002", "0001", "0000"}; !slices.Equal(got, want) {
		t.Errorf("took %v, want %v", got, want)
	}
}

func leasesOnce(t *testing.T, open Open) {
	box := open(t, roomy)
	now := time.Now()
	putMany(t, box, 2)
	first, second := take(t, box, now, 1), take(t, box, now, 9)
	if len(second) != 1 || first[0].ID == second[0].ID {
		t.Fatalf("took %v, then %v; want each record once", bodies(first), bodies(second))
	}
	checkLen(t, box, 2)
	settle(t, box, outbox.Outcome{ID: first[0].ID, Remove: true})
	checkLen(t, box, 1)
}

func waitsForRetryAt(t *testing.T, open Open) {
	box := open(t, roomy)
	now := time.Now()
	putMany(t, box, 1)
	r := take(t, box, now, 1)[0]
	due := now.Add(time.Hour)
	settle(t, box, outbox.Outcome{ID: r.ID, RetryAt: due, Attempts: 3})
	early, next, err := box.Take(due.Add(-time.Second), 1, lease)
	if err != nil || len(early) != 0 {
		t.Errorf("Take before it is due = %d records, %v; want none", len(early), err)
	}
	checkNext(t, box, next, due)
	late := take(t, box, due.Add(time.Second), 1)
	if len(late) != 1 || late[0].Attempts != 3 {
		t.Errorf("Take when it is due = %+v, want it with 3 attempts", late)
	}
}

func shedsLowFirst(t *testing.T, open Open) {
	box := open(t, outbox.Bounds{Events: 10, Bytes: 1 << 20})
	low := record("low")
	low.Low = true
	for range 8 {
		put(t, box, low)
	}
	if _, err := box.Put(low); !errors.Is(err, outbox.ErrFull) {
		t.Errorf("Put of a low record at 80 %% = %v, want ErrFull", err)
	}
	put(t, box, record("a"))
	put(t, box, record("b"))
	if _, err := box.Put(record("c")); !errors.Is(err, outbox.ErrFull) {
		t.Errorf("Put at the bound = %v, want ErrFull", err)
	}
}

func boundsBytes(t *testing.T, open Open) {
	box := open(t, outbox.Bounds{Events: 1000, Bytes: 100})
	put(t, box, outbox.Record{Body: make([]byte, 60), Accepted: time.Now()})
	if _, err := box.Put(outbox.Record{Body: make([]byte, 41), Accepted: time.Now()}); !errors.Is(err, outbox.ErrFull) {
		t.Errorf("Put of the 101st byte = %v, want ErrFull", err)
	}
	put(t, box, outbox.Record{Body: make([]byte, 40), Accepted: time.Now()})
}

func givesRoomBack(t *testing.T, open Open) {
	box := open(t, outbox.Bounds{Events: 2, Bytes: 2})
	for range 500 {
		put(t, box, record("x"))
		put(t, box, record("y"))
		for _, r := range take(t, box, time.Now(), 2) {
			settle(t, box, outbox.Outcome{ID: r.ID, Remove: true})
		}
	}
	checkLen(t, box, 0)
}

func ignoresUnknownIDs(t *testing.T, open Open) {
	box := open(t, roomy)
	id := put(t, box, record("not leased"))
	settle(t, box, outbox.Outcome{ID: outbox.ID{Hi: 1 << 60, Lo: 7}, Remove: true}, outbox.Outcome{ID: id, Remove: true})
	checkLen(t, box, 1) // only leased records can be settled
	if got := take(t, box, time.Now(), 9); len(got) != 1 {
		t.Errorf("took %d, want what was not leased when it was settled", len(got))
	}
}

func countsAndNamesTheLast(t *testing.T, open Open) {
	box := open(t, roomy)
	first := put(t, box, record("a"))
	second := put(t, box, record("b"))
	_, last := box.Len()
	if last != second || !second.After(first) || first.After(second) {
		t.Errorf("the last is %v; want %v, which is after %v", last, second, first)
	}
	checkLen(t, box, 2)
}

func refusesAfterClose(t *testing.T, open Open) {
	box := open(t, roomy)
	putMany(t, box, 3)
	take(t, box, time.Now(), 1)
	lost, err := box.Close()
	if err != nil {
		t.Fatal(err)
	}
	if kept := 3 - len(lost); kept != 0 && kept != 3 {
		t.Errorf("Close lost %d of 3: an outbox is durable or it is not", len(lost))
	}
	if _, err := box.Put(record("late")); !errors.Is(err, outbox.ErrClosed) {
		t.Errorf("Put after Close = %v, want ErrClosed", err)
	}
}

func isQuietAfterClose(t *testing.T, open Open) {
	box := open(t, roomy)
	putMany(t, box, 3)
	r := take(t, box, time.Now(), 1)[0]
	if _, err := box.Close(); err != nil {
		t.Fatal(err)
	}
	settle(t, box, outbox.Outcome{ID: r.ID, Remove: true})
	if records, _, _ := box.Take(time.Now(), 9, lease); len(records) != 0 {
		t.Errorf("Take after Close = %d records", len(records))
	}
	if lost, err := box.Close(); err != nil || len(lost) != 0 {
		t.Errorf("a second Close = %d records, %v; want nothing more", len(lost), err)
	}
}

func concurrentSafe(t *testing.T, open Open) {
	box := open(t, outbox.Bounds{Events: 1 << 20, Bytes: 1 << 30})
	const writers, each = 4, 250
	deadline := time.Now().Add(30 * time.Second)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		seen = make(map[outbox.ID]int)
	)
	for range writers {
		wg.Go(func() {
			for range each {
				if _, err := box.Put(record("x")); err != nil {
					t.Error(err)
				}
				handOver(t, box)
			}
		})
		wg.Go(func() {
			for {
				records, _, err := box.Take(time.Now(), 10, lease)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, r := range records {
					seen[r.ID]++
				}
				done := len(seen) == writers*each
				mu.Unlock()
				for _, r := range records {
					settle(t, box, outbox.Outcome{ID: r.ID, Remove: true})
				}
				switch {
				case done:
					return
				case time.Now().After(deadline):
					t.Error("not every record was given out")
					return
				}
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%v was leased %d times", id, n)
		}
	}
}
