package bbredis

import (
	"context"
	"fmt"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

const (
	exchangeTimeout = 2 * time.Second

	// What one round trip moves at most, so that it ends in time on a slow line.
	batchEvents = 500
	batchBytes  = 1 << 20
)

// exchange makes one round trip: first what is queued goes to Redis, outcomes
// before new events, then more calls follow. What failed stays queued. The
// caller has the turn.
func (o *Outbox) exchange(ctx context.Context, more ...*call) error {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	o.mu.Lock()
	outcomes, events := o.local.outcomes, o.local.batch()
	o.mu.Unlock()

	var calls []*call
	settle, add := o.settleCall(outcomes), o.addCall(events)
	if len(outcomes) > 0 {
		calls = append(calls, settle)
	}
	if len(events) > 0 {
		calls = append(calls, add)
	}
	queued := len(calls)
	o.scripts.run(ctx, append(calls, more...))

	o.mu.Lock()
	defer o.mu.Unlock()
	var failed error
	for _, c := range calls[:queued] {
		shared, err := loadOf(c)
		if err != nil {
			failed = err
			continue
		}
		o.local.shared = shared
		if c == settle {
			o.local.told(len(outcomes))
		} else {
			o.local.moved(len(events))
		}
	}
	return failed
}

// batch is what of waiting one round trip moves.
func (l *local) batch() []outbox.Record {
	n, size := 0, 0
	for n < len(l.waiting) && n < batchEvents && (n == 0 || size+len(l.waiting[n].Body) <= batchBytes) {
		size += len(l.waiting[n].Body)
		n++
	}
	return l.waiting[:n:n]
}

func (o *Outbox) settleCall(outcomes []outcome) *call {
	args := []any{group, o.consumer}
	for _, out := range outcomes {
		due := any("")
		if !out.Remove {
			due = out.RetryAt.UnixMilli()
		}
		args = append(args, out.entry, due, out.Attempts, out.size)
	}
	return &call{script: settleScript, keys: o.keys.all(), args: args}
}

func (o *Outbox) addCall(events []outbox.Record) *call {
	args := make([]any, 0, 5*len(events))
	for _, r := range events {
		args = append(args, nonNil(r.Body), nonNil(r.Key), r.Accepted.UnixNano(), r.Low, r.Mark)
	}
	return &call{script: addScript, keys: []string{o.keys.events, o.keys.bytes}, args: args}
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// loadOf reads the answer of a script that ends with length and bytes.
func loadOf(c *call) (load, error) {
	if c.err != nil {
		return load{}, c.err
	}
	return readLoad(c.answer)
}

func readLoad(answer []any) (load, error) {
	if len(answer) < 2 {
		return load{}, errAnswer
	}
	events, ok1 := answer[0].(int64)
	bytes, ok2 := answer[1].(int64)
	if !ok1 || !ok2 {
		return load{}, errAnswer
	}
	return load{max(int(events), 0), max(bytes, 0)}, nil
}

// Sync implements outbox.Outbox. It touches the network only if something is
// queued; Take may have moved it already.
func (o *Outbox) Sync(ctx context.Context) ([]outbox.ID, error) {
	if o.rdb == nil {
		return nil, errNoClient
	}
	err := o.moveAll(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	handedOver := o.local.unreported
	o.local.unreported = nil
	if err != nil {
		err = fmt.Errorf("bbredis: %d events wait in memory until Redis takes them: %w", len(o.local.waiting), err)
	}
	return handedOver, err
}

// moveAll has Redis take what is queued now.
func (o *Outbox) moveAll(ctx context.Context) error {
	o.mu.Lock()
	last := o.local.last
	o.mu.Unlock()
	for o.queued(last) {
		if err := o.lock(ctx); err != nil {
			return err
		}
		var err error
		if o.queued(last) { // or else the last round trip moved it
			err = o.exchange(ctx)
			o.observe(err)
		}
		o.unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// queued reports whether there are outcomes, or events up to last, that Redis
// does not have.
func (o *Outbox) queued(last uint64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := &o.local
	return !o.closed && (len(l.outcomes) > 0 || len(l.waiting) > 0 && l.waiting[0].ID.Lo <= last)
}

// lock takes the turn, within ctx.
func (o *Outbox) lock(ctx context.Context) error {
	select {
	case o.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("another round trip does not end: %w", ctx.Err())
	}
}

func (o *Outbox) unlock() { <-o.turn }
