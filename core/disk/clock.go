package bbdisk

import "time"

const (
	// maxGap is the longest time between two processes that is believed. It is
	// how long events are kept by default.
	maxGap = 14 * 24 * time.Hour
	// maxDelay is more than the delay that any event is ever given.
	maxDelay = 10 * time.Minute
)

// folderClock is the time of a folder, counted from 1970. Within a process it is
// monotonic. It never goes back, and what passed between two processes counts
// only if the wall clock makes it 0 to maxGap: boards without a clock begin each
// time in 1970, and clocks are set wrong and put right again.
type folderClock struct {
	epoch time.Time     // when this process began, on the monotonic clock
	start time.Duration // the folder's time then
}

// continueFrom continues from the last time that the folder knows; 0: none.
func (c *folderClock) continueFrom(last time.Duration) {
	if gap := c.start - last; last != 0 && (gap < 0 || gap > maxGap) {
		c.start = last
	}
}

// at returns the folder's time at a moment that time.Now returned.
func (c folderClock) at(now time.Time) time.Duration { return c.start + now.Sub(c.epoch) }
