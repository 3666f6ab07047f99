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
// more calls after that. What failed stays queued. What Redis did all the same it
// does twice: an event that is added again has its old key. moved is how many
// events went over. The caller has the turn.
func (o *outbox) roundTrip(ctx context.Context, more ...*call) (moved int, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundTripTimeout)
	defer cancel()
	o.mu.Lock()
	outcomes, events, fingerprint := o.leases.outcomes, o.batch(), o.fingerprint
	o.mu.Unlock()

	defer func() { // also where the client of the user panics
		if moved < len(events) {
			_ = o.inbox.Settle(backAsTheyWere(events)...)
		}
	}()
	settle, add := o.settleCall(outcomes), o.addCall(events, fingerprint)
	var queue []*call
	if len(outcomes) > 0 {
		queue = append(queue, settle)
	}
	if len(events) > 0 {
		queue = append(queue, add)
	}
	o.scripts.run(ctx, append(queue, more...))

	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range queue {
		answer, failed := c.ints(2)
		switch {
		case failed != nil:
			err = failed
			continue
		case c == settle:
			o.leases.outcomes = o.leases.outcomes[len(outcomes):]
		case c == add:
			moved = len(events)
			if n, _ := o.inbox.Len(); n == 0 { // Close gave them up meanwhile
				continue
			}
			for _, r := range events {
				o.handed[r.ID] = true
			}
		}
		o.shared = loadOf(answer)
	}
	return moved, err
}

// batch leases what one round trip moves of the inbox.
func (o *outbox) batch() []store.Record {
	events, _, _ := o.inbox.Take(batchEvents, false, 0) // memory does not fail
	n, size := 0, 0
	for n < len(events) && (n == 0 || size+len(events[n].Body) <= batchBytes) {
		size += len(events[n].Body)
		n++
	}
	_ = o.inbox.Settle(backAsTheyWere(events[n:])...)
	return events[:n]
}

// backAsTheyWere are the outcomes of records of the inbox that were not moved.
func backAsTheyWere(events []store.Record) (outcomes []store.Outcome) {
	for _, r := range events {
		outcomes = append(outcomes, store.Outcome{ID: r.ID})
	}
	return outcomes
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
	return &call{script: settleScript, keys: o.keys.all(), args: args}
}

func (o *outbox) addCall(events []store.Record, fingerprint string) *call {
	args := make([]any, 0, 4*len(events))
	for _, r := range events {
		args = append(args, r.Body, r.Age.Milliseconds(), r.Sheddable, fingerprint)
	}
	return &call{script: addScript, keys: o.keys.all(), args: args}
}

// loadOf reads an answer that begins with length and bytes.
func loadOf(answer []int64) load { return load{max(int(answer[0]), 0), max(answer[1], 0)} }

// Sync implements store.Syncer. It touches the network only if something is
// queued; Take may have moved it already.
func (o *outbox) Sync(ctx context.Context) ([]store.ID, error) {
	if o.rdb == nil {
		return nil, errNoClient
	}
	err := o.handOver(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		err = fmt.Errorf("bbredis: %d events wait in memory until Redis takes them: %w", o.waiting(), err)
	}
	return slices.Collect(maps.Keys(o.handed)), err
}

// handOver takes its turn and moves to Redis what is queued then.
func (o *outbox) handOver(ctx context.Context) error {
	if err := o.lock(ctx); err != nil {
		return err
	}
	defer o.unlock()
	return o.drain(ctx)
}

// drain moves to Redis what is queued now. The caller has the turn.
func (o *outbox) drain(ctx context.Context) error {
	for left := o.queued(); left > 0; {
		moved, err := o.roundTrip(ctx)
		o.recordFailure(err)
		if err != nil {
			return err
		}
		now := o.queued()
		if moved == 0 && now >= left { // what is left is out of reach
			return nil
		}
		left = min(left-moved, now)
	}
	return nil
}

// queued is how many outcomes and events Redis does not have.
func (o *outbox) queued() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.leases.outcomes) + o.waiting()
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
