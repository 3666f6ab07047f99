package bbredis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

const (
	// defaultPoll is how soon a process that found nothing looks again for what
	// others left.
	defaultPoll = 10 * time.Second
	// outagePause is how long nothing is taken after a failed round trip, so that
	// senders do not wait for its timeout one after the other.
	outagePause = time.Second

	mostSurplus = 16 // fetched beyond what was asked for
)

// polls is what Take knows of the Takes before it.
type polls struct {
	pause    time.Time // nothing is taken before
	reported bool      // Take returned the error of this outage
}

// Take implements store.Source. The same round trip moves what is queued, so an
// event that was just put can be taken in one. An outage of Redis is an error
// once; after that, nothing is due for a second at a time.
func (o *outbox) Take(limit int, early bool, lease time.Duration) ([]store.Record, time.Duration, error) {
	if o.rdb == nil {
		return nil, 0, errNoClient
	}
	if records := o.giveAll(limit); len(records) > 0 {
		return records, 0, nil
	}
	o.asking.Add(1)
	_ = o.lock(context.Background())
	defer o.unlock()
	defer o.asking.Add(-1)
	if records := o.giveAll(limit); len(records) > 0 { // another Take fetched more than it needed
		return records, 0, nil
	}

	now := time.Now()
	take, pause := o.buildTake(limit, early, lease)
	if take == nil {
		return nil, pause, nil
	}
	_, _ = o.roundTrip(context.Background(), take) // what could not be moved is for Sync to report
	answer, err := readTaken(take)

	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.polls.pause = time.Now().Add(outagePause)
		if o.polls.reported {
			return nil, outagePause, nil
		}
		o.polls.reported = true
		return nil, 0, fmt.Errorf("bbredis: Redis cannot be reached; what is accepted waits in memory, check the address that the Redis client was given: %w", err)
	}
	o.polls.pause, o.polls.reported = time.Time{}, false
	o.shared = answer.load
	o.leases.fetch(answer.records, now, lease)
	if o.closed { // Close gives back what came meanwhile
		return nil, 0, nil
	}
	return o.leases.give(limit), min(answer.wait, o.pollEvery), nil
}

// giveAll takes limit records from the surplus, or none.
func (o *outbox) giveAll(limit int) []store.Record {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leases.giveBack(time.Now())
	if o.closed || len(o.leases.surplus) < limit {
		return nil
	}
	return o.leases.give(limit)
}

// buildTake returns the call that takes; nil: not before pause is over. It asks
// for more than limit for those of this process that wait for their turn, and
// those that are busy and will ask soon, so that they need no round trip.
func (o *outbox) buildTake(limit int, early bool, lease time.Duration) (take *call, pause time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, 0
	}
	if pause := time.Until(o.polls.pause); pause > 0 {
		return nil, pause
	}
	surplus := len(o.leases.surplus)
	count := limit - surplus + min(len(o.leases.given)+int(o.asking.Load())-1, mostSurplus)
	args := []any{count, early && surplus == 0, lease.Milliseconds()}
	return &call{script: takeScript, keys: o.keys.all(), args: args}, 0
}

// recordFailure lets Take know from a round trip of Sync whether Redis is there.
// An error that Redis itself returned, as when it is full, does not concern
// Take.
func (o *outbox) recordFailure(err error) {
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
