package bbredis

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"
)

// books are what an API was sent.
type books struct {
	t *testing.T

	mu     sync.Mutex                    // guards what follows
	bodies map[string]string             // by key
	active map[int64]map[string]activity // by user and key
}

// activity is one that was asked for.
type activity struct {
	at    time.Time // when it happened
	asked time.Time // first request, right after its throttle was asked
}

func newBooks(t *testing.T) *books {
	return &books{t: t, bodies: make(map[string]string), active: make(map[int64]map[string]activity)}
}

// enter takes down a request.
func (b *books) enter(body []byte) {
	var ev struct {
		Name string    `json:"event_name"`
		Key  string    `json:"idempotency_key"`
		User int64     `json:"tg_user_id"`
		At   time.Time `json:"occurred_at"`
	}
	if err := json.Unmarshal(body, &ev); err != nil {
		b.t.Errorf("%v: %s", err, body)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, found := b.bodies[ev.Key]; found && old != string(body) {
		b.t.Errorf("one key, two bodies:\n%s\n%s", old, body)
	}
	b.bodies[ev.Key] = string(body)
	if ev.Name != "activity" {
		return
	}
	if b.active[ev.User] == nil {
		b.active[ev.User] = make(map[string]activity)
	}
	if _, found := b.active[ev.User][ev.Key]; !found {
		b.active[ev.User][ev.Key] = activity{ev.At, time.Now()}
	}
}

// outage is a time in which the throttle was not asked, or may not have been.
type outage struct{ from, to time.Time }

// failOpen is how long a replica goes on without the throttle after an outage.
const failOpen = 7 * time.Second

// checkActivities returns how many activities were asked for while Redis was
// up, and fails if two of them, of one user, are within a window.
func (b *books) checkActivities(t *testing.T, outages []outage) (checked int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for user, all := range b.active {
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
