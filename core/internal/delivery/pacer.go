package delivery

import (
	"math/rand/v2"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
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
	went     bool      // the urgent request that answered last went well
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

// admit gives a permit, to be returned by cancel. If it does not, next is when
// to ask again; zero: after the next cancel.
func (p *pacer) admit(now time.Time) (given permit, next time.Time, ok bool) {
	switch {
	case p.gate.closed && p.gate.probing:
		return permit{}, time.Time{}, false
	case p.gate.closed && now.Before(p.gate.until) && !p.urgent:
		return permit{}, p.gate.until, false
	case !p.gate.closed && p.inFlight >= p.limit.now:
		return permit{}, time.Time{}, false
	}
	given = permit{probe: p.gate.closed, urgent: p.urgent}
	p.gate.probing = given.probe
	p.urgent = false
	p.inFlight++
	return given, time.Time{}, true
}

// cancel returns a permit, whether it was used or not.
func (p *pacer) cancel(given permit) {
	p.inFlight--
	if given.probe {
		p.gate.probing = false
	}
}

// urge lets a request go at once, whatever is due, unless one is on its way: at
// most one a second, unless the last went well, and never while the API asked
// for silence. It reports whether to look.
func (p *pacer) urge(now time.Time) bool {
	if p.inFlight > 0 || now.Before(p.gate.hold) || !p.went && now.Sub(p.urged) < urgeEvery {
		return false
	}
	p.urged, p.urgent, p.went = now, true, false
	return true
}

// report takes an answer to r and returns after what delay r is due again; for
// settled events it means nothing.
//
// An event that failed before and fails again right after another was
// delivered is suspect: it moves its own delay only, so that an event which
// the API can never take does not hold up the others.
func (p *pacer) report(r outbox.Record, used permit, v verdict, backlog bool, now time.Time) time.Duration {
	if v.class == delivered || v.class == refused {
		if backlog && !p.gate.closed {
			p.limit.grow()
		}
		p.gate.succeed(used.probe, now)
		p.went = p.went || used.urgent
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
