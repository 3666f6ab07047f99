package delivery

import (
	"math/rand/v2"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

const (
	failuresToClose  = 3
	firstPause       = 500 * time.Millisecond
	longestPause     = time.Minute     // of the destination
	longestOwnDelay  = 5 * time.Minute // of an event that fails while others do not
	longestLoneDelay = longestPause    // of one that may fail with the destination
	urgeEvery        = time.Second
)

// turn is how much later than the next probe a failed one is due: that is another
// event, if one waits.
const turn = time.Millisecond

// pacer decides when a request may go, and when a failed event is due again.
// While the destination seems to be down or wrongly set up, the gate is closed:
// one probe at a time may go, after pauses that grow, and one a second for Flush
// beside those that hang. While it is open, as many requests may be on their way as
// the API can take. Not safe for concurrent use.
type pacer struct {
	most   int // requests at a time
	jitter func(time.Duration) time.Duration

	inFlight int       // permits that are out
	begun    time.Time // when the last of them was given
	urged    time.Time // when Flush or Shutdown last got one

	closed  bool
	probes  int       // on their way
	until   time.Time // closed: when the next probe may go
	silence time.Time // the API asked for silence until then
	pauses  int       // since it closed, for the next pause
	stale   bool      // the last probe had failed before, and so has all that waits
	fresh   bool      // but for what came since

	limit   int  // requests at a time, at the moment
	careful bool // an overload was seen: the limit grows by one a round
	good    int  // good answers since the limit grew, while careful

	witnesses
}

func newPacer(most int) pacer {
	return pacer{most: most, limit: 1, jitter: fullJitter, witnesses: newWitnesses()}
}

// fullJitter is a random pause of at most d.
func fullJitter(d time.Duration) time.Duration { return rand.N(d + 1) }

// permit is leave to make one request.
type permit struct {
	probe bool
	early bool      // for an event that is not due yet, if there is no other
	sent  time.Time // when its request went
}

// busy reports whether no request may go before a permit is released.
func (p *pacer) busy() bool {
	if p.closed {
		return p.probes > 0
	}
	return p.inFlight >= p.limit
}

// acquire gives a permit, to be returned by release. If it does not, next is
// when to ask again; zero: after the next release.
func (p *pacer) acquire(now time.Time) (given permit, next time.Time, ok bool) {
	switch {
	case p.busy():
		return permit{}, time.Time{}, false
	case p.closed && now.Before(p.pausedUntil()):
		return permit{}, p.pausedUntil(), false
	}
	return p.give(now), time.Time{}, true
}

func (p *pacer) give(now time.Time) permit {
	given := permit{probe: p.closed}
	if given.probe {
		p.probes++
		p.fresh = false
	}
	p.inFlight++
	p.begun = now
	return given
}

// pausedUntil is when the next probe may go. An event that may contradict what
// others got does not wait: another where one alone failed, and one that was never
// tried where all that wait have failed. But a Retry-After is kept.
func (p *pacer) pausedUntil() time.Time {
	if p.fresh || p.alone() {
		return p.silence
	}
	return p.until
}

// come takes note of an event that was never tried.
func (p *pacer) come() { p.fresh, p.stale = p.fresh || p.stale, false }

// urge gives a permit to Flush or Shutdown, whatever is due: at most one a second,
// never while the API asked for silence, and beside others only if these hang.
func (p *pacer) urge(now time.Time) (given permit, ok bool) {
	busy := p.inFlight > 0 && now.Sub(p.begun) < urgeEvery || p.inFlight >= p.most
	if busy || now.Before(p.silence) || now.Sub(p.urged) < urgeEvery {
		return permit{}, false
	}
	p.urged = now
	given = p.give(now)
	given.early = true
	return given, true
}

// down reports whether the destination seems to be out of order, for the log.
// One failure of one event is no reason to say so where others were delivered.
func (p *pacer) down() bool {
	return p.closed && (!p.alone() || p.failures > 1 || p.proved.IsZero()) || p.failures >= failuresToClose
}

// start begins the request of a permit, unless the gate closed since it was
// given.
func (p *pacer) start(given *permit, now time.Time) bool {
	given.sent = now
	return !p.closed || given.probe && !now.Before(p.silence)
}

// release returns a permit, whether it was used or not.
func (p *pacer) release(given permit) {
	p.inFlight--
	if given.probe {
		p.probes--
	}
}

// report takes an answer to r and returns after what delay r is due again; for
// settled events it means nothing. A suspect event moves its own delay only, so
// that one which the API can never take does not hold up the others.
func (p *pacer) report(r store.Record, used permit, v endpoint.Verdict, now time.Time) (delay time.Duration) {
	if v.Class == endpoint.Delivered || v.Class == endpoint.Refused {
		p.succeed(r.ID, used.sent, now)
		return 0
	}
	if v.Overload {
		p.halve()
	}
	p.stale = used.probe && r.Attempts > 0
	if p.isSuspect(r, used.sent) {
		if used.probe { // it says nothing, and the gate waits for one that does
			p.until = later(p.until, now.Add(p.pause()))
		}
		return max(p.jitter(backoff(r.Attempts, longestOwnDelay)), v.RetryAfter)
	}
	p.testify(r.ID, used.sent, v, now)
	behind := turn
	if used.probe && now.Before(p.until) { // and behind the one that was probed last in its time
		behind = 2 * turn
	}
	p.fail(used, v, now)
	if p.closed {
		return max(p.until.Sub(now), 0) + behind
	}
	return p.jitter(backoff(r.Attempts, longestLoneDelay))
}

// fail takes note of a failure that speaks against the destination, and closes the
// gate when there is reason enough. A probe that fails ahead of its time, because
// Flush asked for it, does not lengthen the pauses.
func (p *pacer) fail(used permit, v endpoint.Verdict, now time.Time) {
	inTime := used.probe && !now.Before(p.until)
	if inTime || !p.closed && (v.Class == endpoint.Setup || p.failures >= failuresToClose && !p.alone()) {
		p.close(now.Add(p.pause()))
	}
	if v.RetryAfter > 0 {
		p.silence = later(p.silence, now.Add(v.RetryAfter))
		p.close(p.silence)
	}
	if p.closed && !p.alone() {
		p.restart()
	}
}

func (p *pacer) pause() time.Duration {
	p.pauses++
	return p.jitter(backoff(p.pauses-1, longestPause))
}

func (p *pacer) close(until time.Time) { p.closed, p.until = true, later(p.until, until) }

// succeed takes note of an answer that only the API gives, and opens the gate if
// nothing that was sent later speaks against that.
func (p *pacer) succeed(id store.ID, sent, now time.Time) {
	p.grow()
	if p.contradict(id, sent, now) {
		p.closed, p.pauses, p.stale, p.fresh = false, 0, false, false
		p.until, p.silence = time.Time{}, time.Time{}
	}
}

// backoff is the n-th pause, before jitter: doubling from firstPause.
func backoff(n int, longest time.Duration) time.Duration {
	if n > 16 {
		return longest
	}
	return min(firstPause<<max(n, 0), longest)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// grow raises the limit: fast at first, and by one a round after an overload.
func (p *pacer) grow() {
	if p.closed {
		return
	}
	p.good++
	if p.limit < p.most && (!p.careful || p.good >= p.limit) {
		p.limit++
		p.good = 0
	}
}

func (p *pacer) halve() { p.limit, p.careful, p.good = max(1, p.limit/2), true, 0 }

func (p *pacer) restart() { p.limit, p.careful, p.good = 1, false, 0 }
