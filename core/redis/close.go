package bbredis

import (
	"context"
	"fmt"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// closeTimeout bounds the last round trips, within the second that Shutdown
// waits for an outbox once its context has ended.
const closeTimeout = 600 * time.Millisecond

// Close implements outbox.Outbox. It makes a last effort to hand over what waits
// and gives back what was fetched in vain. What it returns is lost: it is in the
// memory of this process only.
func (o *Outbox) Close() ([]outbox.Record, error) {
	o.mu.Lock()
	if o.closed || o.rdb == nil {
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
	lost := o.local.waiting
	o.local.waiting, o.local.waitingBytes = nil, 0
	if len(lost) > 0 {
		return lost, fmt.Errorf("bbredis: %d events could not be handed over to Redis: %w", len(lost), err)
	}
	return nil, nil // outcomes that were not told only cost a second delivery
}

// leave hands over everything and takes this process out of the group.
func (o *Outbox) leave(ctx context.Context) error {
	if err := o.lock(ctx); err != nil {
		return err
	}
	defer o.unlock()
	for {
		o.mu.Lock()
		l := &o.local
		for _, r := range l.surplus {
			l.conclude(r, outbox.Outcome{ID: r.ID, RetryAt: time.Now(), Attempts: r.Attempts})
		}
		l.surplus = nil
		idle := len(l.outcomes)+len(l.waiting) == 0 && o.polls.claimed.IsZero()
		o.mu.Unlock()
		if idle { // never used
			return nil
		}
		end := &call{script: leaveScript, keys: []string{o.keys.events}, args: []any{group, o.consumer}}
		if err := o.exchange(ctx, end); err != nil {
			return err
		}
		o.mu.Lock()
		done := len(l.waiting) == 0
		o.mu.Unlock()
		if done {
			return nil
		}
	}
}
