// Package throttle lets each subject through once per window.
package throttle

import (
	"sync"
	"time"
)

const shardCount = 64

// Slot names a subject of the throttle: a user, or a chat where no user is
// known. The two cannot clash, though Telegram gives a private chat the id of
// its user.
type Slot uint64

// User is the slot of a user. Telegram's ids have at most 52 bits.
func User(id int64) Slot { return Slot(uint64(id) << 1) }

// Chat is the slot of a chat.
func Chat(id int64) Slot { return Slot(uint64(id)<<1 | 1) }

// Throttle remembers who passed within the last window. It holds the slots of
// the last two windows and no more. Safe for concurrent use.
type Throttle struct {
	window time.Duration
	start  time.Time // with a monotonic reading: clock jumps do not matter
	shards [shardCount]shard
}

// shard keeps two generations. Entries are never deleted one by one: when the
// window is over, the older generation goes as a whole.
type shard struct {
	mu           sync.Mutex
	since        time.Duration // when newer was begun
	newer, older map[Slot]time.Duration
	_            [24]byte // keeps the locks of two shards off one cache line
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

// Take takes the slot if it was not taken within the last window.
func (t *Throttle) Take(slot Slot, now time.Time) (Claim, bool) {
	at := now.Sub(t.start)
	s := t.shard(slot)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rotate(at, t.window)
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
	for _, generation := range []map[Slot]time.Duration{s.newer, s.older} {
		if at, ok := generation[c.slot]; ok && at == c.at {
			delete(generation, c.slot)
		}
	}
}

// Len is the number of slots held.
func (t *Throttle) Len() int {
	n := 0
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		n += len(s.newer) + len(s.older)
		s.mu.Unlock()
	}
	return n
}

func (t *Throttle) shard(slot Slot) *shard {
	const golden = 0x9E3779B97F4A7C15 // spreads consecutive ids over the shards
	return &t.shards[uint64(slot)*golden>>58]
}

func (s *shard) rotate(at, window time.Duration) {
	switch age := at - s.since; {
	case age < window:
		return
	case age < 2*window:
		s.older = s.newer
	default:
		s.older = nil
	}
	s.newer, s.since = nil, at
}
