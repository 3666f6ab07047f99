package bbredis

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

const window = time.Minute

func claim(t *testing.T, th throttle.Shared, slot throttle.Slot, at time.Time, key string) bool {
	t.Helper()
	won, err := th.Claim(t.Context(), throttle.Activity{Slot: slot, Key: key, Date: at.UnixMilli()}, window)
	if err != nil {
		t.Fatalf("Claim = %v", err)
	}
	return won
}

func TestThrottle(t *testing.T) {
	rdb, prefix := connect(t)
	a, b := NewThrottle(rdb, prefix).Shared(), NewThrottle(rdb, prefix).Shared()
	now, user := time.Now(), throttle.SlotOf(7, 0)
	for _, ask := range []struct {
		what string
		of   throttle.Shared
		slot throttle.Slot
		at   time.Duration
		key  string
		want bool
	}{
		{"first", a, user, 0, "k0", true},
		{"the same again", b, user, 0, "k0", true},
		{"within its window", b, user, window - time.Millisecond, "k1", false},
		{"a window later", b, user, window, "k2", true},
		{"the second again", a, user, window, "k2", true},
		{"before the first, within a window", a, user, -window + time.Millisecond, "k3", false},
		{"a window before, asked late", a, user, -window, "k4", true},
		{"the first again", a, user, 0, "k0", true},
		{"another user", b, throttle.SlotOf(8, 0), 0, "k5", true},
		{"a chat of that number", b, throttle.SlotOf(0, 7), 0, "k6", true},
	} {
		if got := claim(t, ask.of, ask.slot, now.Add(ask.at), ask.key); got != ask.want {
			t.Errorf("%s: Claim = %v, want %v", ask.what, got, ask.want)
		}
	}
}

// In whatever order replicas ask, no two that won are within a window.
func TestThrottleInAnyOrder(t *testing.T) {
	rdb, prefix := connect(t)
	th, now := NewThrottle(rdb, prefix).Shared(), time.Now()
	for round := range 20 {
		var won []time.Duration
		slot := throttle.SlotOf(int64(round), 0)
		for i := range 30 {
			at := rand.N(4 * window)
			if claim(t, th, slot, now.Add(at), fmt.Sprint(i)) {
				won = append(won, at.Truncate(time.Millisecond))
			}
		}
		for i, a := range won {
			for _, b := range won[:i] {
				if (a - b).Abs() < window-time.Millisecond {
					t.Fatalf("activities at %v and %v both count", a, b)
				}
			}
		}
	}
}

func TestThrottleConcurrentSafe(t *testing.T) {
	rdb, prefix := connect(t)
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			ok, err := NewThrottle(rdb, prefix).Shared().Claim(t.Context(), throttle.Activity{Slot: 7, Key: fmt.Sprint(i)}, window)
			if err != nil {
				t.Error(err)
			}
			if ok {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 8 replicas won", won.Load())
	}
}

// What a user costs is bounded, in number and in time.
func TestThrottleForgets(t *testing.T) {
	rdb, prefix := connect(t)
	th, now := NewThrottle(rdb, prefix).Shared(), time.Now()
	for i := range 100 {
		claim(t, th, 7, now.Add(time.Duration(i)*window), fmt.Sprint(i))
	}
	key := newKeys(prefix).throttled(7)
	if n := do(t, rdb, "ZCARD", key); n != int64(64) {
		t.Errorf("%v activities are kept, want 64", n)
	}
	if ttl := do(t, rdb, "PTTL", key).(int64); ttl <= 0 || ttl > (kept+2*window).Milliseconds() {
		t.Errorf("the user is kept for %d ms, want an hour and two windows", ttl)
	}
}

// Activities of a time when the clock of Redis was ahead take the place of none.
func TestThrottleAfterAClockThatWasAhead(t *testing.T) {
	rdb, prefix := connect(t)
	th := NewThrottle(rdb, prefix).Shared()
	for i := range 100 {
		claim(t, th, 7, time.Now().Add(24*time.Hour+time.Duration(i)*window), fmt.Sprint(i))
	}
	for i, want := range []bool{true, false} {
		won, err := th.Claim(t.Context(), throttle.Activity{Slot: 7, Key: fmt.Sprint("now", i)}, window)
		if err != nil || won != want {
			t.Errorf("activity %d: Claim = %v, %v; want %v", i, won, err, want)
		}
	}
}

func TestThrottleAway(t *testing.T) {
	s := startServer(t)
	th := NewThrottle(s.client(), "bot").Shared()
	s.kill()
	if won, err := th.Claim(t.Context(), throttle.Activity{Slot: 7, Key: "key"}, window); err == nil || won || !strings.Contains(err.Error(), "throttle") {
		t.Errorf("Claim = %v, %v; want an error", won, err)
	}
}
