// Package throttle lets each subject through once per window.
package throttle

import (
	"maps"
	"sync"
	"time"
)

// shardCount keeps the sweep of one shard to some 4,000 of a million slots, and
// so the call that does it to a fraction of a millisecond.
const shardCount = 256

// Slot names a subject of the throttle: a user, or a chat where no user is
// known. The two cannot clash, though Telegram gives a private chat the id of
// its user.
type Slot uint64

// SlotOf returns the slot of a user or, with 0, of a chat in which no person
// acted. Telegram's ids have at most 52 bits.
func SlotOf(user, chat int64) Slot {
	if user != 0 {
		return Slot(uint64(user) << 1)
	}
	return Slot(uint64(chat)<<1 | 1)
}

// Throttle remembers who passed within the last window, and at most those of
// the one before. Safe for concurrent use.
type Throttle struct {
	window time.Duration
	start  time.Time // with a monotonic reading: clock jumps do not matter
	shards [shardCount]shard
}

// shard is swept once per window, by the first call that comes after it.
type shard struct {
	mu    sync.Mutex
	swept time.Duration
	last  map[Slot]time.Duration // when each passed
	peak  int                    // most slots since last was made
	_     [32]byte               // keeps the locks of two shards off one cache line
}

// New returns a Throttle with the given window.
func New(window time.Duration) *Throttle {
	return &Throttle{window: window, start: time.Now()}
}

// Claim is a slot that was taken, for giving it back.
type Claim struct {
	slot Slot
	at   time.Duration
}

// Allow takes the slot if it was not taken within the last window, and reports
// whether it did.
func (t *Throttle) Allow(slot Slot, now time.Time) (Claim, bool) {
	at := now.Sub(t.start)
	s := t.shard(slot)
	s.mu.Lock()
	defer s.mu.Unlock()
	if at-s.swept >= t.window {
		s.sweep(at, t.window)
	}
	if last, ok := s.last[slot]; ok && at-last < t.window {
		return Claim{}, false
	}
	if s.last == nil {
		s.last = make(map[Slot]time.Duration)
	}
	s.last[slot] = at
	return Claim{slot, at}, true
}

// Release gives a slot back whose event was not accepted after all.
func (t *Throttle) Release(c Claim) {
	s := t.shard(c.slot)
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.last[c.slot]; ok && at == c.at {
		delete(s.last, c.slot)
	}
}

// Len is the number of slots held.
func (t *Throttle) Len() int {
	n := 0
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		n += len(s.last)
		s.mu.Unlock()
	}
	return n
}

func (t *Throttle) shard(slot Slot) *shard {
	const golden = 0x9E3779B97F4A7C15 // spreads consecutive ids over the shards
	return &t.shards[uint64(slot)*golden>>56]
}

// sweep forgets the slots whose window is over. A map never shrinks: once most
// of it is empty, the rest moves to a new one.
func (s *shard) sweep(at, window time.Duration) {
	s.swept = at
	s.peak = max(s.peak, len(s.last))
	maps.DeleteFunc(s.last, func(_ Slot, last time.Duration) bool { return at-last >= window })
	if len(s.last) > s.peak/4 {
		return
	}
	rest := make(map[Slot]time.Duration, len(s.last))
	maps.Copy(rest, s.last)
	s.last, s.peak = rest, len(rest)
}
