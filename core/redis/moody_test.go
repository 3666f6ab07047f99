package bbredis

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// moodyAPI takes events by key and fails half of all requests, in every way
// that a request can fail.
type moodyAPI struct {
	t     *testing.T
	asked chan struct{} // one for each request, while somebody looks

	mu     sync.Mutex
	well   bool
	taken  map[string]bool
	bodies map[string]string
	active map[int64]map[string]activity // by user and key
}

// activity is one that was taken.
type activity struct {
	at    time.Time // when it happened
	asked time.Time // first request, right after its throttle was asked
}

func newMoodyAPI(t *testing.T) *moodyAPI {
	return &moodyAPI{
		t: t, asked: make(chan struct{}, 1),
		taken: make(map[string]bool), bodies: make(map[string]string), active: make(map[int64]map[string]activity),
	}
}

func (a *moodyAPI) recover() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.well = true
}

func (a *moodyAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var ev struct {
		Name string    `json:"event_name"`
		Key  string    `json:"idempotency_key"`
		User int64     `json:"tg_user_id"`
		At   time.Time `json:"occurred_at"`
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &ev) != nil {
		panic(http.ErrAbortHandler) // its client was killed
	}
	defer func() {
		select {
		case a.asked <- struct{}{}:
		default:
		}
	}()
	a.mu.Lock()
	defer a.mu.Unlock()
	if old, found := a.bodies[ev.Key]; found && old != string(body) {
		a.t.Errorf("one key, two bodies:\n%s\n%s", old, body)
	}
	a.bodies[ev.Key] = string(body)
	if ev.Name == "activity" {
		if a.active[ev.User] == nil {
			a.active[ev.User] = make(map[string]activity)
		}
		if _, found := a.active[ev.User][ev.Key]; !found {
			a.active[ev.User][ev.Key] = activity{ev.At, time.Now()}
		}
	}
	mood := rand.IntN(8)
	if a.well {
		mood = 0
	}
	switch mood {
	case 4:
		w.WriteHeader(http.StatusInternalServerError)
	case 5:
		w.WriteHeader(http.StatusServiceUnavailable)
	case 6:
		panic(http.ErrAbortHandler) // no answer
	case 7:
		a.taken[ev.Key] = true
		panic(http.ErrAbortHandler) // taken, and the answer is lost
	default:
		a.taken[ev.Key] = true
	}
}

func (a *moodyAPI) missing(keys map[string]bool) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key := range keys {
		if !a.taken[key] {
			n++
		}
	}
	return n
}

// outage is a time in which the throttle was not asked, or may not have been.
type outage struct{ from, to time.Time }

// failOpen is how long a replica goes on without the throttle after an outage.
const failOpen = 7 * time.Second

// checkActivities returns how many activities were asked for while Redis was
// up, and fails if two of them, of one user, are within a window.
func (a *moodyAPI) checkActivities(t *testing.T, outages []outage) (checked int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for user, all := range a.active {
		var last time.Time
		var times []time.Time
		for _, act := range all {
			if !slices.ContainsFunc(outages, func(o outage) bool {
				return act.asked.After(o.from) && act.asked.Before(o.to)
			}) {
				times = append(times, act.at.Truncate(time.Millisecond))
			}
		}
		slices.SortFunc(times, time.Time.Compare)
		for _, at := range times {
			if at.Sub(last) < chaosWindow {
				t.Errorf("user %d was active at %v and %v", user, last, at)
			}
			last = at
		}
		checked += len(times)
	}
	return checked
}
