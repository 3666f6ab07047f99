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

// activities is how many were asked for.
func (b *books) activities() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, all := range b.active {
		n += len(all)
	}
	return n
}

// outage is a time in which the throttle was not asked, or may not have been.
type outage struct{ from, to time.Time }

// failOpen is how long a replica goes on without the throttle after an outage.
const failOpen = 7 * time.Second

// jumpMargin is how long before its first request an activity may have been asked
// about.
const jumpMargin = 500 * time.Millisecond

// checkActivities returns how many activities were asked for while Redis was
// up and its clock went on, and fails if two of them, of one user and by one clock
// of Redis, are within a window.
func (b *books) checkActivities(t *testing.T, outages, jumps []outage) (checked int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for user, all := range b.active {
		var counted []activity
		for _, act := range all {
			if !within(act.asked, act.asked, outages) && !within(act.at, act.asked, jumps) {
				counted = append(counted, act)
			}
		}
		slices.SortFunc(counted, func(a, b activity) int { return a.at.Compare(b.at) })
		for i, act := range counted {
			for _, last := range slices.Backward(counted[:i]) {
				apart := act.at.Truncate(time.Millisecond).Sub(last.at.Truncate(time.Millisecond))
				if apart >= chaosWindow/2 { // an age does not count the way to Redis
					break
				}
				if !within(last.asked, act.asked, jumps) && !within(act.asked, last.asked, jumps) {
					t.Errorf("user %d was active at %v and %v", user, last.at, act.at)
				}
			}
		}
		checked += len(counted)
	}
	return checked
}

// within reports whether a span of time and one of others have a part in common.
func within(from, to time.Time, others []outage) bool {
	return slices.ContainsFunc(others, func(o outage) bool { return from.Before(o.to) && to.After(o.from) })
}
