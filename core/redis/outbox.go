package bbredis

import (
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

const (
	defaultEvents = 1_000_000
	defaultBytes  = 1 << 30

	// What waits in memory while Redis is away.
	localEvents = 10_000
	localBytes  = 16 << 20

	// syncAfter leaves half of the promised 10 ms to the round trip.
	syncAfter = 5 * time.Millisecond
)

var (
	errNoClient = errors.New("bbredis: the outbox or throttle was made with a nil client; give it the one of redis.NewClient")
	errAnswer   = errors.New("the answer is not what the script returns; is something between the bot and Redis?")
)

// Option changes how an [Outbox] works.
type Option func(*Outbox)

// WithLimits bounds what waits in Redis, by number of events and by bytes of
// their JSON; the default is 1 000 000 events and 1 GiB. From 80 % of either on
// activity is refused, at the bound everything. Each replica goes by what its
// last round trip told, so together they may exceed the bounds a little. 0 or
// less means the default.
func WithLimits(events int, bytes int64) Option {
	return func(o *Outbox) {
		if events > 0 {
			o.bounds.Events = events
		}
		if bytes > 0 {
			o.bounds.Bytes = bytes
		}
	}
}

// Outbox keeps events in Redis until some replica has delivered them. Make one
// with [NewOutbox] and give it to bb.Config.Outbox: the client then owns it and
// closes it. All methods may be called concurrently.
type Outbox struct {
	rdb       redis.UniversalClient
	keys      keys
	consumer  string // this process in the group
	bounds    outbox.Bounds
	pollEvery time.Duration

	turn    chan struct{} // held during a round trip; there is one at a time
	scripts scripts       // guarded by turn
	asking  atomic.Int64  // Takes that wait for turn or have it

	mu     sync.Mutex // guards what follows; never held during a round trip
	closed bool
	mark   string
	local  local
	polls  polls
}

// NewOutbox returns the outbox that all processes with this prefix share; ""
// means "bb". It does not touch the network, and never closes rdb. Close rdb
// after the client.
func NewOutbox(rdb redis.UniversalClient, prefix string, opts ...Option) *Outbox {
	o := &Outbox{
		rdb: rdb, keys: newKeys(prefix), consumer: rand.Text(),
		bounds:    outbox.Bounds{Events: defaultEvents, Bytes: defaultBytes},
		pollEvery: defaultPoll,
		turn:      make(chan struct{}, 1),
		local:     newLocal(),
	}
	if missing(rdb) {
		o.rdb = nil
	}
	o.scripts = scripts{o.rdb, make(map[*redis.Script]bool)}
	for _, opt := range opts {
		opt(o)
	}
	return o
}

// Put implements outbox.Outbox. It costs memory only.
func (o *Outbox) Put(r outbox.Record) (outbox.ID, error) {
	if o.rdb == nil {
		return outbox.ID{}, errNoClient
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return outbox.ID{}, outbox.ErrClosed
	}
	r.Mark = o.mark
	return o.local.put(r, o.bounds)
}

// Shared implements outbox.Outbox.
func (o *Outbox) Shared() bool { return true }

// SyncAfter implements outbox.Outbox.
func (o *Outbox) SyncAfter() time.Duration { return syncAfter }

// Identify implements outbox.Outbox.
func (o *Outbox) Identify(mark string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mark = mark
	return "", nil
}

// Settle implements outbox.Outbox. Redis hears of it in the next round trip; if
// there is none any more, the event comes again when its lease is over.
func (o *Outbox) Settle(out outbox.Outcome) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.local.settle(out)
	}
	return nil
}

// Len implements outbox.Outbox: what this process accepted and the client has
// not settled yet. What is leased the client counts itself.
func (o *Outbox) Len() (int, outbox.ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.local.waiting) + len(o.local.handed), outbox.ID{Lo: o.local.last}
}

// Place implements outbox.Outbox.
func (o *Outbox) Place() string { return "Redis" }
