package bbredis

import (
	"context"
	"fmt"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

const (
	// defaultPoll is how soon a process that found nothing looks again for what
	// others left.
	defaultPoll = 10 * time.Second

	mostSurplus = 16 // fetched beyond what was asked for
)

// Take implements store.Source. The same round trip moves what is queued, so an
// event that was just put can be taken in one; what Redis refuses of that is for
// Sync to report. After a failed round trip Take fails at once for a second.
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

	req, err := o.newRequest(limit, early, lease)
	var a answer
	if err == nil {
		_, a, err = o.roundTrip(context.Background(), req)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed: // Close gives back what came meanwhile
		return nil, 0, nil
	case err != nil:
		return nil, 0, fmt.Errorf("bbredis: what is accepted waits in memory: %w", err)
	}
	return o.leases.give(limit), min(a.wait, o.pollEvery), nil
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

// newRequest asks for more than limit for those of this process that wait for
// their turn, and those that are busy and will ask soon, so that they need no
// round trip.
func (o *outbox) newRequest(limit int, early bool, lease time.Duration) (request, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return request{}, store.ErrClosed
	}
	if o.failure != nil && time.Now().Before(o.pause) {
		return request{}, o.failure
	}
	surplus := len(o.leases.surplus)
	count := limit - surplus + min(len(o.leases.given)+int(o.asking.Load())-1, mostSurplus)
	return request{count, early && surplus == 0, lease}, nil
}
