package throttle

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const window = time.Minute

func TestOncePerWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := New(window)
		for range 5 {
			if _, ok := th.Allow(SlotOf(7, 0), Moment{Now: time.Now()}); !ok {
				t.Fatal("the slot is taken at the start of a window")
			}
			time.Sleep(window - time.Nanosecond)
			if _, ok := th.Allow(SlotOf(7, 0), Moment{Now: time.Now()}); ok {
				t.Fatal("the slot is free within its window")
			}
			time.Sleep(time.Nanosecond)
		}
	})
}

// Against a model: the same answers as a map of times, whatever the order.
func TestAgainstModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th, last := New(window), make(map[Slot]time.Time)
		for range 20_000 {
			time.Sleep(rand.N(window / 50))
			slot := SlotOf(rand.Int64N(50), 0)
			at, taken := last[slot]
			want := !taken || time.Since(at) >= window
			claim, got := th.Allow(slot, Moment{Now: time.Now()})
			if got != want {
				t.Fatalf("Allow = %v, want %v, %v after the last", got, want, time.Since(at))
			}
			switch {
			case got && rand.IntN(4) == 0:
				th.Release(claim)
				delete(last, slot)
			case got:
				last[slot] = time.Now()
			}
		}
	})
}

func TestUsersAndChatsDoNotClash(t *testing.T) {
	th, now := New(window), time.Now()
	for _, slot := range []Slot{SlotOf(7, 0), SlotOf(0, 7), SlotOf(0, -7), SlotOf(0, 0), SlotOf(14, 0), SlotOf(1<<51, 0), SlotOf(0, -1<<51)} {
		if _, ok := th.Allow(slot, Moment{Now: now}); !ok {
			t.Errorf("slot %d clashes with another", slot)
		}
	}
}

func TestReleaseLeavesALaterClaimAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := New(window)
		old, _ := th.Allow(SlotOf(7, 0), Moment{Now: time.Now()})
		time.Sleep(window)
		if _, ok := th.Allow(SlotOf(7, 0), Moment{Now: time.Now()}); !ok {
			t.Fatal("the slot is taken")
		}
		th.Release(old)
		if _, ok := th.Allow(SlotOf(7, 0), Moment{Now: time.Now()}); ok {
			t.Error("an old claim gave a later one away")
		}
	})
}

func TestMemoryIsBoundedByTwoWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := New(window)
		const perWindow = 6000
		for id := range int64(10 * perWindow) {
			time.Sleep(window / perWindow)
			th.Allow(SlotOf(id, 0), Moment{Now: time.Now()})
			if n := th.Len(); n > 3*perWindow && id%1000 == 0 {
				t.Fatalf("%d slots held with %d users a window", n, perWindow)
			}
		}
	})
}

// A backlog is let go of, though none comes after it.
func TestBacklogIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := New(window)
		for id := range int64(10_000) {
			th.Allow(SlotOf(id, 0), Moment{Now: time.Now(), Age: 2 * Backlog, Date: time.Now().Add(-2 * Backlog)})
		}
		for range 2 {
			time.Sleep(Backlog)
			for id := range int64(10_000) { // reaches every shard
				th.Allow(SlotOf(id, 0), Moment{Now: time.Now()})
			}
		}
		if n := th.Len(); n > 10_000 {
			t.Errorf("%d slots held for 10,000 users, two hours after a backlog", n)
		}
	})
}

// Len is the number of slots held.
func (t *Throttle) Len() (n int) {
	for i := range t.shards {
		n += len(t.shards[i].last.newer) + len(t.shards[i].last.older) + len(t.shards[i].late.newer) + len(t.shards[i].late.older)
	}
	return n
}

func TestCrowdIsForgotten(t *testing.T) {
	before := heap()
	th, now := New(window), time.Now()
	for id := range int64(200_000) {
		th.Allow(SlotOf(id, 0), Moment{Now: now})
	}
	crowded := heap()
	for range 2 {
		now = now.Add(window)
		for id := range int64(10_000) { // reaches every shard
			th.Allow(SlotOf(id, 0), Moment{Now: now})
		}
	}
	if left := heap() - before; left > (crowded-before)/4 {
		t.Errorf("of %d bytes for 200,000 users %d are left with 10,000", crowded-before, left)
	}
	runtime.KeepAlive(th)
}

func TestTakeConcurrentSafe(t *testing.T) {
	th, now := New(window), time.Now()
	var (
		wg    sync.WaitGroup
		taken atomic.Int32
	)
	for range 8 {
		wg.Go(func() {
			for id := range int64(1000) {
				if _, ok := th.Allow(SlotOf(id, 0), Moment{Now: now}); ok {
					taken.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1000 {
		t.Errorf("1000 slots were taken %d times", taken.Load())
	}
}
