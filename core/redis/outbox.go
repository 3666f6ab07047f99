package bbredis

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

const (
	defaultEvents = 1_000_000
	defaultBytes  = 1 << 30

	// syncAfter leaves half of the promised 10 ms to the round trip.
	syncAfter = 5 * time.Millisecond

	// closeTimeout bounds the last round trips, within the second that Shutdown
	// waits for an outbox once its context has ended.
	closeTimeout = 600 * time.Millisecond
)

// Outbox keeps events in Redis until some replica has delivered them. Make one
// with [NewOutbox] and give it to bb.Config.Outbox: the client then owns it and
// closes it.
type Outbox struct{ handle }

type handle = store.Handle

// NewOutbox returns the outbox that all processes with this prefix share; ""
// means "bb". It does not touch the network, and never closes rdb. Close rdb
// after the client.
func NewOutbox(rdb redis.UniversalClient, prefix string, opts ...Option) *Outbox {
	return &Outbox{store.NewHandle(newOutbox(rdb, prefix, opts...))}
}

// Option changes how an [Outbox] works.
type Option func(*outbox)

// WithLimits bounds what waits in Redis, by number of events and by bytes of
// their JSON; the default is 1 000 000 events and 1 GiB. From 80 % of either on
// activity is refused, at the bound everything. Each replica goes by the answer
// to its last round trip, so together they may exceed the bounds a little. 0 or
// less means the default.
func WithLimits(events int, bytes int64) Option {
	return func(o *outbox) {
		if events > 0 {
			o.bounds.Events = events
		}
		if bytes > 0 {
			o.bounds.Bytes = bytes
		}
	}
}

// outbox is the store of an Outbox: events wait in the memory of this process
// until a round trip moves them to Redis, from where any process takes them.
type outbox struct {
	rdb       redis.UniversalClient
	keys      keys
	bounds    store.Bounds // of what is in Redis
	pollEvery time.Duration
	process   uint64 // random; names the events of this process

	turn   chan struct{} // held during a round trip; there is one at a time
	asking atomic.Int64  // Takes that wait for an answer

	mu          sync.Mutex // guards what follows; never held during a round trip
	closed      bool
	fingerprint string
	lastID      uint64
	queue       []accepted        // in memory only, oldest first
	queueBytes  int64             // of their bodies
	handed      map[store.ID]bool // moved, and not settled by the client yet
	handedOver  uint64            // moved, and settled
	leases      leases
	failure     error     // of the last round trip, for Take
	pause       time.Time // Take makes none before
	shared      load      // in Redis, as of the last round trip, less what was removed since
}

// accepted is a record and when Send accepted it, on the clock of this process.
type accepted struct {
	store.Record
	at time.Time
}

// aged is the record as it is now.
func (a accepted) aged(now time.Time) store.Record {
	a.Age = now.Sub(a.at)
	return a.Record
}

// load is a number of events and the bytes of their bodies.
type load struct {
	events int
	bytes  int64
}

func newOutbox(rdb redis.UniversalClient, prefix string, opts ...Option) *outbox {
	o := &outbox{
		rdb: orNil(rdb), keys: newKeys(prefix),
		bounds:    store.Bounds{Events: defaultEvents, Bytes: defaultBytes},
		pollEvery: defaultPoll, process: rand.Uint64() | redisID,
		turn:   make(chan struct{}, 1),
		handed: make(map[store.ID]bool),
		leases: leases{given: make(map[store.ID]fetched)},
	}
	for _, opt := range opts {
		opt(o)
	}
	return o
}

// Put implements store.Inbox. It costs memory only.
func (o *outbox) Put(r store.Record) (store.ID, error) {
	if o.rdb == nil {
		return store.ID{}, errNoClient
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return store.ID{}, store.ErrClosed
	case !o.bounds.Fits(o.shared.events+len(o.queue), o.shared.bytes+o.queueBytes, r),
		!store.InMemory.Fits(len(o.queue), o.queueBytes, r):
		return store.ID{}, store.ErrFull
	}
	o.lastID++
	r.ID = store.ID{Lo: o.lastID}
	o.queue = append(o.queue, accepted{r, time.Now().Add(-r.Age)})
	o.queueBytes += int64(len(r.Body))
	return r.ID, nil
}

// Settle implements store.Source. Redis hears of it in the next round trip; if
// there is none any more, the events come again when their leases are over.
func (o *outbox) Settle(out store.Outcome) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
	case o.handed[out.ID]:
		delete(o.handed, out.ID)
		o.handedOver++
	default:
		removed := o.leases.settle(out)
		o.shared.events -= removed.events
		o.shared.bytes -= removed.bytes
	}
	return nil
}

// Len implements store.Inbox.
func (o *outbox) Len() (int, store.ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue) + len(o.handed), store.ID{Lo: o.lastID}
}

// Flow implements store.Store.
func (o *outbox) Flow() store.Flow {
	o.mu.Lock()
	defer o.mu.Unlock()
	return store.Flow{
		Pending:   len(o.queue) + len(o.handed) + len(o.leases.given),
		Recovered: o.leases.taken, HandedOver: o.handedOver + o.leases.returned,
	}
}

// Identify implements store.Store.
func (o *outbox) Identify(fingerprint string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fingerprint = fingerprint
	return "", nil
}

// Name implements store.Store.
func (o *outbox) Name() string { return "Redis" }

// SyncAfter implements store.Syncer.
func (o *outbox) SyncAfter() time.Duration { return syncAfter }

// Close implements store.Inbox. It makes a last effort to hand over what waits
// and to give back what was fetched in vain. What it returns is lost: it is in the
// memory of this process only.
func (o *outbox) Close() ([]store.Record, error) {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := o.handOver(ctx)

	o.mu.Lock()
	defer o.mu.Unlock()
	o.handedOver += uint64(len(o.handed)) // nobody settles them any more
	clear(o.handed)
	var lost []store.Record
	for _, r := range o.queue {
		lost = append(lost, r.aged(time.Now()))
	}
	o.queue, o.queueBytes = nil, 0 // a round trip may still read what it was
	if len(lost) == 0 {
		return nil, nil // outcomes that Redis did not get only cost a second delivery
	}
	return lost, fmt.Errorf("bbredis: %s not handed over to Redis: %w", store.Events(len(lost)), err)
}
