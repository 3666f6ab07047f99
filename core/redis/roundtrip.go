package bbredis

import (
	"context"
	_ "embed" // for the script
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

const (
	roundTripTimeout = 2 * time.Second
	// outagePause is how long Redis is not asked for events after a failed round
	// trip, so that senders do not wait for its timeout one after the other.
	outagePause = time.Second

	// What one round trip moves at most, so that it ends in time on a slow line.
	batchEvents = 500
	batchBytes  = 1 << 20
)

//go:embed roundtrip.lua
var source string

// script is all that is done in Redis at once, so that no process sees half of it.
var script = redis.NewScript(source)

// request is for leases of at most count events.
type request struct {
	count int
	early bool
	lease time.Duration
}

// roundTrip moves what is queued to Redis, and leases what a request asks for.
// What failed stays queued: what Redis did all the same it does not do twice. moved
// is how many events went over. The caller has the turn.
func (o *outbox) roundTrip(ctx context.Context, req request) (moved int, a answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundTripTimeout)
	defer cancel()
	o.mu.Lock()
	outcomes, events, fingerprint := o.leases.outcomes, o.batch(), o.fingerprint
	o.mu.Unlock()
	defer func() { _ = o.inbox.Settle(backAsTheyWere(events[moved:])...) }() // also where the client of the user panics

	args := make([]any, 0, 4+4*len(events)+5*len(outcomes))
	args = append(args, req.count, req.early, req.lease.Milliseconds(), len(events))
	for _, r := range events {
		id := store.ID{Hi: o.process, Lo: r.ID.Lo}
		args = append(args, idText(id), r.Age.Microseconds(), facts(r, fingerprint), r.Body)
	}
	for _, out := range outcomes {
		delay := any("")
		if !out.Remove {
			delay = max(time.Until(out.due).Milliseconds(), 0)
		}
		args = append(args, out.id, out.token, delay, out.Attempts, out.size)
	}
	began := time.Now()
	values, err := script.Run(ctx, o.rdb, o.keys.all(), args...).Slice()
	a, ok := readAnswer(values, req.lease)
	switch {
	case err != nil:
		err = explain(ctx, o.rdb, err)
	case !ok:
		err = errAnswer
	}

	o.mu.Lock()
	defer o.mu.Unlock()
	o.failure = err
	if err != nil {
		o.pause = time.Now().Add(outagePause)
		return 0, answer{}, err
	}
	o.shared = a.load
	o.leases.outcomes = o.leases.outcomes[len(outcomes):]
	o.leases.fetch(a.records, began, req.lease)
	if a.refused != "" {
		return 0, a, nil
	}
	if n, _ := o.inbox.Len(); n > 0 { // else Close gave them up meanwhile
		for _, r := range events {
			o.handed[r.ID] = true
		}
	}
	return len(events), a, nil
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
		err = fmt.Errorf("bbredis: %s in memory until Redis takes them: %w", store.Events(o.waiting()), err)
	}
	return slices.Collect(maps.Keys(o.handed)), err
}

// handOver takes its turn and moves to Redis what is queued then.
func (o *outbox) handOver(ctx context.Context) error {
	if err := o.lock(ctx); err != nil {
		return err
	}
	defer o.unlock()
	o.returnSurplus()
	for left := o.queued(); left > 0; {
		moved, a, err := o.roundTrip(ctx, request{})
		if err == nil && a.refused != "" {
			err = remedy(a.refused)
		}
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

// returnSurplus queues the return of what was fetched in vain, once closed.
func (o *outbox) returnSurplus() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		o.leases.giveBack(time.Now().Add(math.MaxInt64))
	}
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
