package bbredis

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// closeTimeout bounds the last round trips, within the second that Shutdown
// waits for an outbox once its context has ended.
const closeTimeout = 600 * time.Millisecond

// Close implements store.Inbox. It makes a last effort to hand over what waits
// and gives back what was fetched in vain. What it returns is lost: it is in the
// memory of this process only.
func (o *outbox) Close() ([]store.Record, error) {
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return nil, nil
	}
	o.closed = true
	o.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := o.leave(ctx)

	o.mu.Lock()
	defer o.mu.Unlock()
	waiting, now := o.local.waiting, time.Now()
	o.local.waiting, o.local.waitingBytes = nil, 0
	if len(waiting) == 0 {
		return nil, nil // outcomes that Redis did not get only cost a second delivery
	}
	var lost []store.Record
	for _, r := range waiting {
		lost = append(lost, r.at(now))
	}
	return lost, fmt.Errorf("bbredis: %d events could not be handed over to Redis: %w", len(lost), err)
}

// leave hands over everything, and gives back what was fetched in vain.
func (o *outbox) leave(ctx context.Context) error {
	if err := o.lock(ctx); err != nil {
		return err
	}
	defer o.unlock()
	o.mu.Lock()
	o.local.giveBack(time.Now().Add(math.MaxInt64)) // all of it
	o.mu.Unlock()
	return o.drain(ctx, math.MaxUint64)
}
