package delivery

import (
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

const (
	failuresToClose = 3
	firstPause      = 500 * time.Millisecond
	longestPause    = time.Minute
)

// gate holds back everything but one probe at a time while the destination
// seems to be down or wrongly set up. Not safe for concurrent use.
type gate struct {
	closed  bool
	until   time.Time // closed: when the next probe may go
	hold    time.Time // the API asked for silence until then
	pauses  int       // since it closed, for the next pause
	probing bool      // a probe is on its way

	failures int       // in a row, since the last good answer
	failed   outbox.ID // what failed last
	several  bool      // not all failures in a row were of one event
	good     bool      // the last answer was a good one
}

// fail takes note of a failure that speaks against the destination, and
// closes the gate when there is reason enough: an event that alone fails
// again and again may itself be the reason.
//
// A probe that fails ahead of its time, because Flush asked for it, does not
// lengthen the pauses.
func (g *gate) fail(id outbox.ID, v verdict, probe bool, now time.Time, jitter func(time.Duration) time.Duration) {
	g.several = g.several || g.failures > 0 && id != g.failed
	g.failures++
	g.failed, g.good = id, false
	inTime := probe && !now.Before(g.until)
	if inTime || !g.closed && (v.class == setup || g.failures >= failuresToClose && g.several) {
		g.closed = true
		g.until = now.Add(jitter(backoff(g.pauses, longestPause)))
		g.pauses++
	}
	if v.retryAfter > 0 {
		g.hold = later(g.hold, now.Add(v.retryAfter))
		g.closed, g.until = true, later(g.until, g.hold)
	}
}

// succeed opens the gate. A request that was on its way before the API asked
// for silence does not break it.
func (g *gate) succeed(probe bool, now time.Time) {
	g.failures, g.several, g.good = 0, false, true
	if probe || now.After(g.hold) {
		g.closed, g.pauses = false, 0
	}
}

// backoff is the n-th pause, before jitter: doubling from firstPause.
func backoff(n int, longest time.Duration) time.Duration {
	if n > 16 {
		return longest
	}
	return min(firstPause<<n, longest)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
