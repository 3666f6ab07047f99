// Package throttle lets each subject through once per window.
package throttle

import (
	"sync"
	"time"
)

// shardCount keeps calls for different users from waiting for one another, and
// the growth of one map to a fraction of a millisecond.
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

// Throttle remembers who passed within the last window, and those of the one
// before until calls of the next windows replace them. Safe for concurrent use.
type Throttle struct {
	window time.Duration
	start  time.Time // with a monotonic reading: clock jumps do not matter
	shards [shardCount]shard
}

// shard forgets older once per window, in the first call that comes after it, and
// all where none came for two windows.
type shard struct {
	mu           sync.Mutex
	turned       time.Duration          // when newer was begun
	newer, older map[Slot]time.Duration // when each passed
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
	if since := at - s.turned; since >= t.window {
		s.turned, s.older, s.newer = at, s.newer, nil
		if since >= 2*t.window {
			s.older = nil
		}
	}
	if last, ok := s.newer[slot]; ok && at-last < t.window {
		return Claim{}, false
	}
	if last, ok := s.older[slot]; ok && at-last < t.window {
		return Claim{}, false
	}
	if s.newer == nil {
		s.newer = make(map[Slot]time.Duration)
	}
	s.newer[slot] = at
	return Claim{slot, at}, true
}

// Release gives a slot back whose event was not accepted after all.
func (t *Throttle) Release(c Claim) {
	s := t.shard(c.slot)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, passed := range []map[Slot]time.Duration{s.newer, s.older} {
		if at, ok := passed[c.slot]; ok && at == c.at {
			delete(passed, c.slot)
		}
	}
}

func (t *Throttle) shard(slot Slot) *shard {
	const golden = 0x9E3779B97F4A7C15 // spreads consecutive ids over the shards
	return &t.shards[uint64(slot)*golden>>56]
}
