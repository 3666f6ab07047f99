package bbredis

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// closeTimeout bounds the last round trips, within the second that Shutdown
// waits for an outbox once its context has ended.
const closeTimeout = 600 * time.Millisecond

// Close implements store.Inbox. It makes a last effort to hand over what waits
// and to give back what was fetched in vain. What it returns is lost: it is in the
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
	err := o.handOver(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	lost, _ := o.inbox.Close()
	lost = slices.DeleteFunc(lost, func(r store.Record) bool { return o.handed[r.ID] })
	o.handedOver += uint64(len(o.handed)) // nobody settles them any more
	clear(o.handed)
	if len(lost) == 0 {
		return nil, nil // outcomes that Redis did not get only cost a second delivery
	}
	return lost, fmt.Errorf("bbredis: %s not handed over to Redis: %w", store.Events(len(lost)), err)
}
