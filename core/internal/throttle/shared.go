package throttle

import (
	"context"
	"time"
)

// Shared decides for several processes at once. Safe for concurrent use.
type Shared interface {
	// Claim reports whether an activity may count: none of its slot with another
	// key was let through that happened less than a window before or after it.
	// One that was an hour old when it was accepted needs an hour, if that is
	// longer. The same key always gets the same answer. It may wait for the
	// network, within ctx.
	Claim(ctx context.Context, a Activity, window time.Duration) (bool, error)
}

// Activity is one that asks to count.
type Activity struct {
	Slot Slot
	Key  string        // of idempotency
	Age  time.Duration // since Send accepted it
	Date int64         // when it happened, in Unix milliseconds; 0: when Send accepted it
}

// Backlog is how old an activity has to be when it is accepted to count once in
// as long.
const Backlog = time.Hour

// Handle is what public throttle types embed, under an unexported name, to be a
// bb.Throttle without showing the methods of their Shared.
type Handle struct{ shared Shared }

// NewHandle returns the Handle of a Shared.
func NewHandle(s Shared) Handle { return Handle{s} }

// Shared implements bb.Throttle.
func (h Handle) Shared() Shared { return h.shared }
