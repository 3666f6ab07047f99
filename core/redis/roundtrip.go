package bbredis

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

const (
	roundTripTimeout = 2 * time.Second

	// What one round trip moves at most, so that it ends in time on a slow line.
	batchEvents = 500
	batchBytes  = 1 << 20
)

// roundTrip moves what is queued to Redis, outcomes before new events, and makes
// more calls after that. What failed stays queued. The caller has the turn.
func (o *outbox) roundTrip(ctx context.Context, more ...*call) error {
	ctx, cancel := context.WithTimeout(ctx, roundTripTimeout)
	defer cancel()
	o.mu.Lock()
	outcomes, events := o.local.outcomes, o.local.batch()
	o.mu.Unlock()

	var queue []*call
	if len(outcomes) > 0 {
		queue = append(queue, o.settleCall(outcomes))
	}
	if len(events) > 0 {
		queue = append(queue, o.addCall(events))
	}
	o.scripts.run(ctx, append(queue, more...))

	o.mu.Lock()
	defer o.mu.Unlock()
	var failed error
	for _, c := range queue {
		answer, err := c.ints(2)
		if err != nil {
			failed = err
			continue
		}
		o.local.shared = loadOf(answer)
		c.done()
	}
	return failed
}

// batch is what of waiting one round trip moves.
func (l *local) batch() []dated {
	n, size := 0, 0
	for n < len(l.waiting) && n < batchEvents && (n == 0 || size+len(l.waiting[n].Body) <= batchBytes) {
		size += len(l.waiting[n].Body)
		n++
	}
	return l.waiting[:n:n]
}

func (o *outbox) settleCall(outcomes []outcome) *call {
	args := make([]any, 0, 5*len(outcomes))
	for _, out := range outcomes {
		delay := any("")
		if !out.Remove {
			delay = max(time.Until(out.due).Milliseconds(), 0)
		}
		args = append(args, out.ID.Lo, out.token, delay, out.Attempts, out.size)
	}
	done := func() { o.local.acked(len(outcomes)) }
	return &call{script: settleScript, keys: o.keys.all(), args: args, done: done}
}

func (o *outbox) addCall(events []dated) *call {
	args := make([]any, 0, 4*len(events))
	for _, r := range events {
		args = append(args, r.Body, time.Since(r.accepted).Milliseconds(), r.Sheddable, r.Fingerprint)
	}
	done := func() { o.local.moved(len(events)) }
	return &call{script: addScript, keys: o.keys.all(), args: args, done: done}
}

// loadOf reads an answer that begins with length and bytes.
func loadOf(answer []int64) load { return load{max(int(answer[0]), 0), max(answer[1], 0)} }

// Sync implements store.Syncer. It touches the network only if something is
// queued; Take may have moved it already.
func (o *outbox) Sync(ctx context.Context) ([]store.ID, error) {
	if o.rdb == nil {
		return nil, errNoClient
	}
	_, last := o.Len()
	err := o.lock(ctx)
	if err == nil {
		err = o.drain(ctx, last.Lo)
		o.recordFailure(err)
		o.unlock()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		err = fmt.Errorf("bbredis: %d events wait in memory until Redis takes them: %w", len(o.local.waiting), err)
	}
	return slices.Collect(maps.Keys(o.local.handed)), err
}

// drain moves all outcomes, and events up to last, to Redis. The caller has the
// turn.
func (o *outbox) drain(ctx context.Context, last uint64) error {
	for o.queued(last) {
		if err := o.roundTrip(ctx); err != nil {
			return err
		}
	}
	return nil
}

// queued reports whether there are outcomes, or events up to last, that Redis
// does not have.
func (o *outbox) queued(last uint64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := &o.local
	return len(l.outcomes) > 0 || len(l.waiting) > 0 && l.waiting[0].ID.Lo <= last
}

// lock takes the turn, within ctx.
func (o *outbox) lock(ctx context.Context) error {
	select {
	case o.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("another round trip does not end: %w", ctx.Err())
	}
}

func (o *outbox) unlock() { <-o.turn }
