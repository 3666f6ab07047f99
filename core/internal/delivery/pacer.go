package delivery

import (
	"math/rand/v2"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

const (
	longestOwnDelay  = 5 * time.Minute // of an event that fails while others do not
	longestLoneDelay = longestPause    // of one that may fail with the destination
	urgeEvery        = time.Second
)

// pacer decides when a request may go and when a failed event is due again. It
// is the only place where gate and limit meet. Not safe for concurrent use.
type pacer struct {
	gate     gate
	limit    limit
	inFlight int       // permits that are out
	urged    time.Time // when Flush or Shutdown last asked for a probe
	urgent   bool      // one more request may go, whatever is due
	jitter   func(time.Duration) time.Duration
}

func newPacer(maxInFlight int) pacer {
	return pacer{limit: newLimit(maxInFlight), jitter: fullJitter}
}

// fullJitter is a random pause of at most d.
func fullJitter(d time.Duration) time.Duration { return rand.N(d + 1) }

// permit is leave to make one request.
type permit struct {
	probe  bool
	urgent bool // for an event that is not due yet, if there is no other
}

// busy reports whether no request may go before a permit is released.
func (p *pacer) busy() bool {
	if p.gate.closed {
		return p.gate.probing
	}
	return p.inFlight >= p.limit.now
}

// acquire gives a permit, to be returned by release. If it does not, next is
// when to ask again; zero: after the next release.
func (p *pacer) acquire(now time.Time) (given permit, next time.Time, ok bool) {
	switch {
	case p.busy():
		return permit{}, time.Time{}, false
	case p.gate.closed && now.Before(p.gate.until) && !p.urgent:
		return permit{}, p.gate.until, false
	}
	given = permit{probe: p.gate.closed, urgent: p.urgent}
	p.gate.probing = given.probe
	p.urgent = false
	p.inFlight++
	return given, time.Time{}, true
}

// release returns a permit, whether it was used or not.
func (p *pacer) release(given permit) {
	p.inFlight--
	if given.probe {
		p.gate.probing = false
	}
}

// urge lets a request go at once, whatever is due, unless one is on its way: at
// most one a second, and never while the API asked for silence. It reports
// whether to look.
func (p *pacer) urge(now time.Time) bool {
	if p.inFlight > 0 || now.Before(p.gate.retryAfterUntil) || now.Sub(p.urged) < urgeEvery {
		return false
	}
	p.urged, p.urgent = now, true
	return true
}

// report takes an answer to r and returns after what delay r is due again; for
// settled events it means nothing.
//
// An event that failed before and fails again right after another was
// delivered is suspect: it moves its own delay only, so that an event which
// the API can never take does not hold up the others.
func (p *pacer) report(r store.Record, used permit, v verdict, now time.Time) time.Duration {
	if v.class == delivered || v.class == refused {
		if !p.gate.closed {
			p.limit.grow()
		}
		p.gate.succeed(used.probe, now)
		return 0
	}
	if v.overload {
		p.limit.halve()
	}
	suspect := r.Attempts > 0 && p.gate.good && !p.gate.closed
	if suspect && v.retryAfter == 0 {
		return p.jitter(backoff(r.Attempts, longestOwnDelay))
	}
	wasClosed := p.gate.closed
	p.gate.fail(r.ID, v, used.probe, now, p.jitter)
	if !p.gate.closed {
		return p.jitter(backoff(r.Attempts, longestLoneDelay))
	}
	if !wasClosed {
		p.limit.restart()
	}
	return 0 // the gate is what it waits for
}

// down reports whether the destination seems to be out of order, for the log.
func (p *pacer) down() bool { return p.gate.closed || p.gate.failures >= failuresToClose }

const (
	failuresToClose = 3
	firstPause      = 500 * time.Millisecond
	longestPause    = time.Minute
)

// gate holds back everything but one probe at a time while the destination
// seems to be down or wrongly set up. Not safe for concurrent use.
type gate struct {
	closed          bool
	until           time.Time // closed: when the next probe may go
	retryAfterUntil time.Time // the API asked for silence until then
	pauses          int       // since it closed, for the next pause
	probing         bool      // a probe is on its way

	failures int      // in a row, since the last good answer
	failed   store.ID // what failed last
	several  bool     // not all failures in a row were of one event
	good     bool     // the last answer was a good one
}

// fail takes note of a failure that speaks against the destination, and
// closes the gate when there is reason enough: an event that alone fails
// again and again may itself be the reason.
//
// A probe that fails ahead of its time, because Flush asked for it, does not
// lengthen the pauses.
func (g *gate) fail(id store.ID, v verdict, probe bool, now time.Time, jitter func(time.Duration) time.Duration) {
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
		g.retryAfterUntil = later(g.retryAfterUntil, now.Add(v.retryAfter))
		g.closed, g.until = true, later(g.until, g.retryAfterUntil)
	}
}

// succeed opens the gate. A request that was on its way before the API asked
// for silence does not break it.
func (g *gate) succeed(probe bool, now time.Time) {
	g.failures, g.several, g.good = 0, false, true
	if probe || now.After(g.retryAfterUntil) {
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

// limit is how many requests may be on their way at a time. It starts at one,
// grows while answers are good, fast at first and by one a
// round after an overload, and halves on overload. Not safe for concurrent
// use.
type limit struct {
	max     int
	now     int
	careful bool // an overload was seen
	good    int  // good answers since the last step, while careful
}

func newLimit(max int) limit { return limit{max: max, now: 1} }

func (l *limit) grow() {
	l.good++
	if l.now < l.max && (!l.careful || l.good >= l.now) {
		l.now++
		l.good = 0
	}
}

func (l *limit) halve() {
	l.now, l.careful, l.good = max(1, l.now/2), true, 0
}

func (l *limit) restart() { *l = newLimit(l.max) }
