package bbredis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

const (
	// defaultPoll is how soon a process that found nothing looks again for what
	// others left.
	defaultPoll = 10 * time.Second
	// claimEvery is how often a process looks for leases that are over.
	claimEvery = 5 * time.Second
	// outagePause is how long nothing is taken after a failed round trip, so that
	// senders do not wait for its timeout one after the other.
	outagePause = time.Second

	// consumerGone is after what silence a consumer is taken for that of a dead
	// process. One that lives after all is made anew by its next Take.
	consumerGone = time.Hour

	mostTaken   = 1000
	mostSurplus = 16 // fetched beyond what was asked for
	mostClaimed = 100
)

// polls is what Take knows of the Takes before it.
type polls struct {
	claimed time.Time // when leases that are over were last looked for; zero: never
	pause   time.Time // nothing is taken before
	told    bool      // Take returned the error of this outage
}

// Take implements outbox.Outbox. The same round trip moves what is queued, so
// an event that was just put can be taken in one. Leases end in real time only,
// whatever asOf is. An outage of Redis is an error once; after that, nothing is
// due for a second at a time.
func (o *Outbox) Take(asOf time.Time, max int, lease time.Duration) ([]outbox.Record, time.Time, error) {
	if o.rdb == nil {
		return nil, time.Time{}, errNoClient
	}
	max = min(max, mostTaken)
	if records := o.giveAll(max); len(records) > 0 {
		return records, time.Time{}, nil
	}
	o.asking.Add(1)
	_ = o.lock(context.Background())
	defer o.unlock()
	defer o.asking.Add(-1)
	if records := o.giveAll(max); len(records) > 0 { // another Take fetched more than it needed
		return records, time.Time{}, nil
	}

	now := time.Now()
	ask, claims, pause := o.ask(asOf, now, max, lease)
	if ask == nil {
		return nil, pause, nil
	}
	err := o.exchange(context.Background(), ask)
	answer, failed := readTaken(ask)
	if failed == nil {
		err = nil // what could not be moved is for Sync to report
	} else if err == nil {
		err = failed
	}
	firstError := o.note(err)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		next := o.polls.pause
		if !firstError {
			err = nil
		}
		return nil, next, wrap(err)
	}
	if claims && answer.claimed < mostClaimed {
		o.polls.claimed = now
	}
	o.local.shared = answer.load
	for i := range answer.records { // half a lease is left for the request
		answer.records[i].stale = now.Add(lease / 2)
	}
	o.local.fetch(answer.records)
	if o.closed { // Close gives back what came meanwhile
		return nil, time.Time{}, nil
	}
	next := now.Add(o.pollEvery)
	if !answer.next.IsZero() && answer.next.Before(next) {
		next = answer.next
	}
	return o.local.give(max), next, nil
}

// giveAll takes max records from the surplus, or none.
func (o *Outbox) giveAll(max int) []outbox.Record {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.local.giveBack(time.Now())
	if o.closed || len(o.local.surplus) < max {
		return nil
	}
	return o.local.give(max)
}

// ask is the call that takes; nil: not before pause. It asks for more than max
// for those of this process who wait for their turn, and those who are busy and
// will ask soon, so that they need no round trip.
func (o *Outbox) ask(asOf, now time.Time, max int, lease time.Duration) (ask *call, claims bool, pause time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || now.Before(o.polls.pause) {
		return nil, false, o.polls.pause
	}
	want := max - len(o.local.surplus)
	if !asOf.After(now) { // else it would fetch what is not due yet
		want += min(len(o.local.leased)+int(o.asking.Load())-1, mostSurplus)
	}
	claim := "0"
	switch {
	case o.polls.claimed.IsZero():
		claim = "2" // and sweep what dead processes left
	case now.Sub(o.polls.claimed) >= claimEvery:
		claim = "1"
	}
	minIdle := lease + lease/2
	args := []any{group, o.consumer, want, asOf.UnixMilli(), minIdle.Milliseconds(), claim, longestField, consumerGone.Milliseconds()}
	return &call{script: takeScript, keys: o.keys.all(), args: args}, claim != "0", time.Time{}
}

// note takes down how a Take went, and reports whether to tell of it.
func (o *Outbox) note(err error) (tell bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.polls.pause, o.polls.told = time.Time{}, false
		return false
	}
	o.polls.pause = time.Now().Add(outagePause)
	tell = !o.polls.told
	o.polls.told = true
	return tell
}

// observe has Take learn from a round trip of Sync whether Redis is there. An
// error that Redis itself returned, as when it is full, does not concern Take.
func (o *Outbox) observe(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var answered redis.Error
	switch {
	case err == nil:
		o.polls.pause = time.Time{}
	case !errors.As(err, &answered):
		o.polls.pause = time.Now().Add(outagePause)
	}
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bbredis: Redis cannot be reached; what is accepted waits in memory, check the address that the Redis client was given: %w", err)
}
