package throttle

import (
	"context"
	"time"
)

// Shared decides for several processes at once. Safe for concurrent use.
type Shared interface {
	// Claim reports whether the activity that has this idempotency key, of a
	// slot at a moment, may count: none with another key was let through less
	// than a window before or after it. The same key always gets the same
	// answer. It may wait for the network, within ctx.
	Claim(ctx context.Context, slot Slot, at time.Time, window time.Duration, key string) (bool, error)
}

// Handle is what public throttle types embed, under an unexported name, to be a
// bb.Throttle without showing the methods of their Shared.
type Handle struct{ shared Shared }

// NewHandle returns the Handle of a Shared.
func NewHandle(s Shared) Handle { return Handle{s} }

// Shared implements bb.Throttle.
func (h Handle) Shared() Shared { return h.shared }
