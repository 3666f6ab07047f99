// Package storetest is the conformance suite that every store passes.
package storetest

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// Open returns an empty store with the given bounds for one test.
type Open func(t *testing.T, bounds store.Bounds) store.Store

const lease = time.Minute

var roomy = store.Bounds{Events: 1000, Bytes: 1 << 20}

// Run holds a store against what store.Store promises.
func Run(t *testing.T, open Open) {
	cases := []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"KeepsRecordsAsTheyAre", keepsRecords},
		{"TakesOldestFirst", takesOldestFirst},
		{"TakesFewestAttemptsFirst", takesFewestAttemptsFirst},
		{"LeasesOnce", leasesOnce},
		{"WaitsForRetryIn", waitsForRetryIn},
		{"TakesEarlyOnlyIfNothingIsDue", takesEarly},
		{"HoldsBackFromEarly", holdsBack},
		{"SettlesSeveral", settlesSeveral},
		{"ShedsSheddableRecordsFirst", shedsFirst},
		{"BoundsBytes", boundsBytes},
		{"GivesRoomBack", givesRoomBack},
		{"IgnoresUnknownIDs", ignoresUnknownIDs},
		{"NamesTheLast", namesTheLast},
		{"TellsOwnRecordsByID", tellsOwnRecords},
		{"RefusesAfterClose", refusesAfterClose},
		{"IsQuietAfterClose", isQuietAfterClose},
		{"ConcurrentSafe", concurrentSafe},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

func keepsRecords(t *testing.T, open Open) {
	s := open(t, roomy)
	put(t, s, store.Record{Body: []byte("body"), Age: time.Hour, Sheddable: true, Slot: math.MaxUint64, Date: -1})
	put(t, s, store.Record{})
	got := Take(t, s, 2)
	if r := got[0]; string(r.Body) != "body" || r.Attempts != 0 || !r.Sheddable || r.Slot != math.MaxUint64 || r.Date != -1 || r.Err != nil {
		t.Errorf("took %+v, which is not what was put", r)
	}
	if r := got[1]; len(r.Body) != 0 || r.Sheddable {
		t.Errorf("took %+v, want an empty record", r)
	}
	checkAges(t, got, time.Hour, 0)
}

func takesOldestFirst(t *testing.T, open Open) {
	s := open(t, roomy)
	putMany(t, s, 200)
	got := bodies(append(Take(t, s, 150), Take(t, s, 100)...))
	if len(got) != 200 || !slices.IsSorted(got) {
		t.Errorf("took %d, sorted: %v; want 200 in the order of Put", len(got), slices.IsSorted(got))
	}
}

func takesFewestAttemptsFirst(t *testing.T, open Open) {
	s := open(t, roomy)
	putMany(t, s, 4)
	for i, r := range Take(t, s, 4) {
		Settle(t, s, store.Outcome{ID: r.ID, Attempts: 4 - i})
	}
	put(t, s, record("fresh"))
	got := bodies(Take(t, s, 9))
	if want := []string{"fresh", "0003", "0002", "0001", "0000"}; !slices.Equal(got, want) {
		t.Errorf("took %v, want %v", got, want)
	}
}

func leasesOnce(t *testing.T, open Open) {
	s := open(t, roomy)
	putMany(t, s, 2)
	first, second := Take(t, s, 1), Take(t, s, 9)
	if len(second) != 1 || first[0].ID == second[0].ID {
		t.Fatalf("took %v, then %v; want each record once", bodies(first), bodies(second))
	}
	checkFlow(t, s, 2, 0)
	Settle(t, s, store.Outcome{ID: first[0].ID, Remove: true})
	checkFlow(t, s, 2, 1)
}

func waitsForRetryIn(t *testing.T, open Open) {
	s := open(t, roomy)
	putMany(t, s, 1)
	Settle(t, s, store.Outcome{ID: Take(t, s, 1)[0].ID, RetryIn: 9 * time.Minute, Attempts: 3})
	checkWait(t, s, 9*time.Minute)
	late := TakeEarly(t, s)
	if len(late) != 1 || late[0].Attempts != 3 {
		t.Fatalf("early took %+v, want the record with 3 attempts", late)
	}
	soon := time.Now().Add(50 * time.Millisecond)
	Settle(t, s, store.Outcome{ID: late[0].ID, RetryIn: 50 * time.Millisecond, Attempts: 4})
	for len(Take(t, s, 1)) == 0 {
		if time.Since(soon) > 30*time.Second {
			t.Fatal("the record is not due long after its delay")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if early := time.Until(soon); early > 5*time.Millisecond { // stores may count in milliseconds
		t.Errorf("the record was given out %v before it was due", early)
	}
}

func settlesSeveral(t *testing.T, open Open) {
	s := open(t, roomy)
	putMany(t, s, 3)
	r := Take(t, s, 3)
	Settle(t, s, store.Outcome{ID: r[0].ID, Remove: true}, store.Outcome{ID: r[1].ID, Attempts: 1}, store.Outcome{ID: r[2].ID, Remove: true})
	if got := bodies(Take(t, s, 9)); !slices.Equal(got, []string{"0001"}) {
		t.Errorf("took %v, want what was not removed", got)
	}
}

func ignoresUnknownIDs(t *testing.T, open Open) {
	s := open(t, roomy)
	id, err := s.Put(record("not leased"))
	if err != nil {
		t.Fatal(err)
	}
	Settle(t, s, store.Outcome{ID: store.ID{Hi: 1 << 60, Lo: 7}, Remove: true}, store.Outcome{ID: id, Remove: true})
	handOver(t, s)
	if got := Take(t, s, 9); len(got) != 1 {
		t.Errorf("took %d, want what was not leased when it was settled", len(got))
	}
}

func namesTheLast(t *testing.T, open Open) {
	s := open(t, roomy)
	first, err1 := s.Put(record("a"))
	second, err2 := s.Put(record("b"))
	n, last := s.Len()
	if err := errors.Join(err1, err2); err != nil || n != 2 || last != second || !second.After(first) || first.After(second) {
		t.Errorf("Len = %d, %v, want 2 and %v, which is after %v; %v", n, last, second, first, err)
	}
}

// Flush counts by IDs: each record that Len counted is handed over or settled
// once, under an ID that is not after the last, and no other record is.
func tellsOwnRecords(t *testing.T, open Open) {
	s := open(t, roomy)
	for range 5 {
		if _, err := s.Put(record("own")); err != nil {
			t.Fatal(err)
		}
	}
	n, last := s.Len()
	ended := handOver(t, s)
	put(t, s, record("later"))
	for _, r := range Take(t, s, 9) {
		Settle(t, s, store.Outcome{ID: r.ID, Remove: true})
		ended = append(ended, r.ID)
	}
	own := slices.DeleteFunc(ended, func(id store.ID) bool { return id.After(last) })
	if n != 5 || len(own) != n {
		t.Errorf("Len = %d, and %d ended under an ID of theirs; want 5", n, len(own))
	}
}

func refusesAfterClose(t *testing.T, open Open) {
	s := open(t, roomy)
	putMany(t, s, 3)
	Take(t, s, 1)
	lost, err := s.Close()
	if err != nil {
		t.Fatal(err)
	}
	if kept := 3 - len(lost); kept != 0 && kept != 3 {
		t.Errorf("Close lost %d of 3: a store is durable or it is not", len(lost))
	}
	if _, err := s.Put(record("late")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Put after Close = %v, want ErrClosed", err)
	}
}

func isQuietAfterClose(t *testing.T, open Open) {
	s := open(t, roomy)
	putMany(t, s, 3)
	r := Take(t, s, 1)[0]
	first, err := s.Close()
	if err != nil {
		t.Fatal(err)
	}
	Settle(t, s, store.Outcome{ID: r.ID, Remove: true})
	if r, found, _, _ := s.Take(false, lease); found {
		t.Errorf("Take after Close = %q", r.Body)
	}
	checkFlow(t, s, 3, len(first))
	if lost, err := s.Close(); err != nil || len(lost) != 0 {
		t.Errorf("a second Close = %d records, %v; want nothing more", len(lost), err)
	}
}

func concurrentSafe(t *testing.T, open Open) {
	s := open(t, store.Bounds{Events: 1 << 20, Bytes: 1 << 30})
	const writers, each = 4, 250
	deadline := time.Now().Add(30 * time.Second)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		seen = make(map[store.ID]int)
	)
	for range writers {
		wg.Go(func() {
			for i := range each {
				if _, err := s.Put(record("x")); err != nil {
					t.Error(err)
				}
				if i%10 == 9 {
					handOver(t, s)
				}
			}
		})
		wg.Go(func() {
			for {
				r, found, _, err := s.Take(false, lease)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if found {
					seen[r.ID]++
				}
				done := len(seen) == writers*each
				mu.Unlock()
				if found {
					if err := s.Settle(store.Outcome{ID: r.ID, Remove: true}); err != nil {
						t.Errorf("Settle = %v", err)
					}
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
	checkFlow(t, s, writers*each, writers*each)
}
