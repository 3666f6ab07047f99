package delivery

import (
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// maxHeld is how many events may have a Retry-After of their own: when more are
// told to wait, the destination is.
const maxHeld = 1000

// witnesses knows for whom a failure speaks: for the destination, until another
// event, sent no earlier, is delivered. From then on the event that failed is
// suspect, and speaks for itself.
type witnesses struct {
	against  map[store.ID]testimony // the failures that speak against the destination
	failures int                    // in a row, and of any event
	last     store.ID               // what failed last
	proved   time.Time              // when the latest request was sent that the API took
	goodAt   time.Time              // when it took one last
	held     map[store.ID]time.Time // until when an event must not go, by its own Retry-After
}

// testimony is one failure.
type testimony struct {
	sent  time.Time
	class endpoint.Class
	limit bool // it was told that there are too many requests
}

func newWitnesses() witnesses {
	return witnesses{against: make(map[store.ID]testimony), held: make(map[store.ID]time.Time)}
}

// alone reports whether at most one event speaks against the destination.
func (w *witnesses) alone() bool { return len(w.against) < 2 }

// isSuspect reports whether a failure of r speaks for r alone: one that was sent
// no earlier was taken, or one was taken since r failed before, at most its
// longest delay ago.
func (w *witnesses) isSuspect(r store.Record, sent time.Time) bool {
	if w.proved.IsZero() {
		return false
	}
	_, heard := w.against[r.ID]
	return !w.proved.Before(sent) ||
		r.Attempts > 0 && !heard && sent.Sub(w.goodAt) <= backoff(r.Attempts-1, longestOwnDelay)
}

// testify records a failure that speaks against the destination. If two events
// were told that there are too many requests, one that is on its way already
// contradicts neither.
func (w *witnesses) testify(id store.ID, sent time.Time, v endpoint.Verdict, now time.Time) {
	w.failures++
	w.last = id
	w.against[id] = testimony{sent, v.Class, v.Limited}
	if !v.Limited {
		return
	}
	for other, t := range w.against {
		if other != id && t.limit {
			t.sent = now.Add(1)
			w.against[other], w.against[id] = t, t
		}
	}
}

// contradict records that the API took an event, and reports whether nothing
// speaks against the destination any more.
func (w *witnesses) contradict(id store.ID, sent, now time.Time) bool {
	w.failures, w.goodAt, w.proved = 0, now, later(w.proved, sent)
	delete(w.held, id)
	for other, t := range w.against {
		if other == id || !t.sent.After(sent) {
			delete(w.against, other)
		}
	}
	return len(w.against) == 0
}

// hopeless reports whether waiting since a moment is in vain: nothing was taken
// since, and two events, or all that wait, met a wrong set-up, one of them since.
func (w *witnesses) hopeless(since time.Time, waiting int) bool {
	met, fresh := 0, false
	for _, t := range w.against {
		if t.class == endpoint.Setup {
			met++
			fresh = fresh || !t.sent.Before(since)
		}
	}
	return fresh && met >= min(2, waiting) && w.goodAt.Before(since)
}

// hold keeps an event back for as long as it was told to wait. It reports
// whether so many are that the destination must be meant.
func (w *witnesses) hold(id store.ID, retryAfter time.Duration, now time.Time) (all bool) {
	if retryAfter == 0 {
		return false
	}
	if len(w.held) >= maxHeld {
		for other, until := range w.held {
			if !until.After(now) {
				delete(w.held, other)
			}
		}
		if len(w.held) >= maxHeld {
			return true
		}
	}
	w.held[id] = now.Add(retryAfter)
	return false
}

// heldFor is how long an event must not go yet, whoever is in a hurry.
func (w *witnesses) heldFor(id store.ID, now time.Time) time.Duration {
	if len(w.held) == 0 {
		return 0
	}
	return w.held[id].Sub(now)
}
