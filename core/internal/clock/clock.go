// Package clock keeps dates apart from durations. How long something takes, or
// has waited, comes from the monotonic reading of time.Now, which no change of
// the machine's clock reaches. A date comes from a [Clock], and may be wrong.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock is a wall clock. A nil Clock is the machine's.
type Clock struct{ skew atomic.Int64 }

// Date returns what the clock shows at a moment that time.Now returned.
func (c *Clock) Date(now time.Time) time.Time {
	if c == nil {
		return now.Round(0)
	}
	return now.Round(0).Add(time.Duration(c.skew.Load()))
}

// Jump moves the clock of a test, and of nothing else.
func (c *Clock) Jump(d time.Duration) { c.skew.Add(int64(d)) }
