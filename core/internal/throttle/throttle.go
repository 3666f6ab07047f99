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

// Of returns the slot of the same subject with another bot, so that the bots of
// one client do not take each other's. Slots of one bot never clash; those of two
// may, once in many billions. 0: the bot is unknown.
func (s Slot) Of(bot int64) Slot { return s ^ Slot(uint64(bot)*golden) }

const golden = 0x9E3779B97F4A7C15 // spreads consecutive ids

// Moment is when something happened, and when it came.
type Moment struct {
	Now  time.Time     // with a monotonic reading: clock jumps do not matter
	Age  time.Duration // how long ago it happened; 0 or less: just now
	Date time.Time     // when that was, by the wall clock
}

// Throttle remembers who passed within the last window, and those of the one
// before until calls of the next windows replace them. What comes late is compared
// by its date: see late. Safe for concurrent use.
type Throttle struct {
	window time.Duration
	start  time.Time // with a monotonic reading
	shards [shardCount]shard
}

type shard struct {
	mu   sync.Mutex
	last turning[time.Duration] // when each slot passed last
	late turning[[]int64]       // the dates at which it passed late
}

// turning is a map that forgets what is older than two periods, in the first call
// that comes after one, and all where none came for two.
type turning[V any] struct {
	turned       time.Duration // when newer was begun
	newer, older map[Slot]V
}

func (t *turning[V]) turn(at, period time.Duration) {
	if since := at - t.turned; since >= period {
		t.turned, t.older, t.newer = at, t.newer, nil
		if since >= 2*period {
			t.older = nil
		}
	}
}

func (t *turning[V]) put(slot Slot, v V) {
	if t.newer == nil {
		t.newer = make(map[Slot]V)
	}
	t.newer[slot] = v
}

// New returns a Throttle with the given window.
func New(window time.Duration) *Throttle {
	return &Throttle{window: window, start: time.Now()}
}

// Claim is a slot that was taken, for giving it back.
type Claim struct {
	slot Slot
	at   time.Duration
	date int64 // of what came late; 0: nothing did
}

// Allow takes the slot for a moment, if it was not taken less than a window
// before or after, and reports whether it did.
func (t *Throttle) Allow(slot Slot, m Moment) (Claim, bool) {
	at := m.Now.Sub(t.start)
	s := t.shard(slot)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last.turn(at, t.window)
	s.late.turn(at, max(t.window, Backlog))
	if m.Age > 0 {
		return t.allowLate(s, slot, at, m)
	}
	if s.passedWithin(t.window, slot, at) {
		return Claim{}, false
	}
	s.last.put(slot, at)
	return Claim{slot: slot, at: at}, true
}

// passedWithin reports whether the last that passed is less than a window away.
func (s *shard) passedWithin(window time.Duration, slot Slot, at time.Duration) bool {
	if last, ok := s.last.newer[slot]; ok && (at-last).Abs() < window {
		return true
	}
	last, ok := s.last.older[slot]
	return ok && (at-last).Abs() < window
}

// Release gives a slot back whose event was not accepted after all.
func (t *Throttle) Release(c Claim) {
	s := t.shard(c.slot)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, passed := range []map[Slot]time.Duration{s.last.newer, s.last.older} {
		if at, ok := passed[c.slot]; ok && at == c.at {
			delete(passed, c.slot)
		}
	}
	if c.date != 0 {
		s.releaseLate(c)
	}
}

func (t *Throttle) shard(slot Slot) *shard {
	return &t.shards[uint64(slot)*golden>>56]
}
