package bbredis

import (
	"context"
	_ "embed" // for the script
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

const (
	// defaultPoll is how soon a process that found nothing looks again for what
	// others left.
	defaultPoll = 10 * time.Second

	roundTripTimeout = 2 * time.Second
	// outagePause is how long Redis is not asked for events after a failed round
	// trip, so that senders do not wait for its timeout one after the other.
	outagePause = time.Second

	// What one round trip moves at most, so that it ends in time on a slow line.
	batchEvents = 500
	batchBytes  = 1 << 20

	mostSurplus = 16 // fetched beyond what was asked for
)

//go:embed roundtrip.lua
var source string

// script is all that is done in Redis at once, so that no process sees half of it.
var script = redis.NewScript(source)

// Take implements store.Source. The same round trip moves what is queued, so an
// event that was just put can be taken in one; what Redis refuses of that is for
// Sync to report. After a failed round trip Take fails at once for a second.
func (o *outbox) Take(early bool, lease time.Duration) (r store.Record, found bool, wait time.Duration, err error) {
	o.asking.Add(1)
	defer o.asking.Add(-1)
	if r, found, count, err := o.plan(); count == 0 {
		return r, found, 0, err
	}
	_ = o.lock(context.Background())
	defer o.unlock()
	r, found, count, err := o.plan()
	if count == 0 { // another Take fetched more than it needed
		return r, found, 0, err
	}
	a, err := o.roundTrip(context.Background(), request{count, early, lease})
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed: // Close gives back what came meanwhile
		return store.Record{}, false, 0, nil
	case err != nil:
		return store.Record{}, false, 0, o.failure
	}
	r, found = o.leases.give()
	return r, found, min(a.wait, o.pollEvery), nil
}

// request is for leases of at most count events.
type request struct {
	count int
	early bool
	lease time.Duration
}

// plan gives a record of the surplus. If there is none it says how many to ask Redis
// for: more than one for those of this process that wait for their turn, and those
// that are busy and will ask soon, so that they need no round trip. 0: no round trip
// is to be made.
func (o *outbox) plan() (r store.Record, found bool, count int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leases.giveBack(false)
	switch {
	case o.rdb == nil:
		return r, false, 0, errNoClient
	case o.closed:
		return r, false, 0, nil
	}
	if r, found = o.leases.give(); found {
		return r, true, 0, nil
	}
	if o.failure != nil && time.Now().Before(o.pause) {
		return r, false, 0, o.failure
	}
	return r, false, 1 + min(len(o.leases.given)+int(o.asking.Load())-1, mostSurplus), nil
}

// Sync implements store.Syncer. It touches the network only if something is
// queued; Take may have moved it already.
func (o *outbox) Sync(ctx context.Context) ([]store.ID, error) {
	err := o.handOver(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		err = fmt.Errorf("bbredis: %s in memory until Redis takes them: %w", store.Events(len(o.queue)), err)
	}
	return slices.Collect(maps.Keys(o.handed)), err
}

// handOver takes its turn and moves to Redis what is queued then.
func (o *outbox) handOver(ctx context.Context) error {
	if err := o.lock(ctx); err != nil {
		return err
	}
	defer o.unlock()
	for more := o.isQueued(); more; {
		a, err := o.roundTrip(ctx, request{})
		if err == nil && a.refused != "" {
			err = remedy(a.refused)
		}
		if err != nil {
			return err
		}
		more = a.more
	}
	return nil
}

// isQueued reports whether there are outcomes or events that Redis does not have.
// Once closed, what was fetched in vain goes back.
func (o *outbox) isQueued() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leases.giveBack(o.closed)
	return len(o.leases.outcomes)+len(o.queue) > 0
}

// roundTrip moves what is queued to Redis, and leases what a request asks for.
// What failed stays queued: what Redis did all the same it does not do twice. The
// caller has the turn.
func (o *outbox) roundTrip(ctx context.Context, req request) (a answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundTripTimeout)
	defer cancel()
	o.mu.Lock()
	outcomes, events, fingerprint := o.leases.outcomes, o.batch(), o.fingerprint
	more := len(events) < len(o.queue)
	o.mu.Unlock()

	now := time.Now()
	args := make([]any, 0, 4+4*len(events)+6*len(outcomes))
	args = append(args, req.count, req.early, req.lease.Milliseconds(), len(events))
	for _, r := range events {
		args = append(args, nameOf(o.process, r.ID), now.Sub(r.at).Microseconds(), facts(r.Record, fingerprint), r.Body)
	}
	for _, out := range outcomes {
		delay := out.is.RetryIn.Milliseconds()
		if out.is.Remove {
			delay = removed
		}
		args = append(args, out.of.name, out.of.token, delay, out.is.Hold > 0, out.is.Attempts, len(out.of.Body))
	}
	values, err := script.Run(ctx, o.rdb, o.keys.all(), args...).StringSlice()
	if err == nil {
		a, err = readAnswer(values)
	} else {
		err = explain(ctx, o.rdb, err)
	}

	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.failure = fmt.Errorf("bbredis: what is accepted waits in memory: %w", err)
		o.pause = time.Now().Add(outagePause)
		return answer{}, err
	}
	o.failure, o.shared, a.more = nil, a.load, more
	o.leases.outcomes = o.leases.outcomes[len(outcomes):]
	o.leases.fetch(a.records, now, req.lease)
	if a.refused == "" {
		o.moved(events)
	}
	return a, nil
}

// batch is what one round trip moves of the queue. The caller holds mu.
func (o *outbox) batch() []accepted {
	n, size := 0, 0
	for n < min(len(o.queue), batchEvents) && (n == 0 || size+len(o.queue[n].Body) <= batchBytes) {
		size += len(o.queue[n].Body)
		n++
	}
	return o.queue[:n]
}

// moved notes that Redis has the oldest of the queue, unless Close gave them up
// meanwhile. The caller holds mu.
func (o *outbox) moved(events []accepted) {
	if len(o.queue) == 0 {
		return
	}
	for _, r := range events {
		o.handed[r.ID] = true
		o.queueBytes -= int64(len(r.Body))
	}
	o.queue = slices.Delete(o.queue, 0, len(events)) // and keeps the room
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
