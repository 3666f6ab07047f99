package delivery

import (
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// witnesses knows for whom a failure speaks: for the destination, until another
// event, sent no earlier, is delivered. From then on the event that failed is
// suspect, and speaks for itself.
type witnesses struct {
	against  map[store.ID]testimony // the failures that speak against the destination
	failures int                    // in a row, and of any event
	proved   time.Time              // when the latest request was sent that the API took
	goodAt   time.Time              // when it took one last
}

// testimony is one failure.
type testimony struct {
	sent  time.Time
	class endpoint.Class
	limit bool // it was 429: too many requests
}

func newWitnesses() witnesses {
	return witnesses{against: make(map[store.ID]testimony)}
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
// got 429, too many requests, one that is on its way already contradicts neither.
func (w *witnesses) testify(id store.ID, sent time.Time, v endpoint.Verdict, now time.Time) {
	w.failures++
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
