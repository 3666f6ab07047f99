package bb_test

import (
	"context"
	"errors"
	"sync"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// hub is what several clients share, in memory, so that fake time works: the
// real one is core/redis.
type hub struct {
	box *store.Memory

	mu     sync.Mutex // guards what follows
	away   bool       // nobody reaches it
	from   map[uint64]sender
	leases map[uint64]lease
}

// sender is who put a record, and for which destination.
type sender struct {
	member *member
	mark   string
}

// lease is until when a record is a member's.
type lease struct {
	member   *member
	until    time.Time
	attempts int
}

func newHub() *hub {
	return &hub{
		box:  store.NewMemory(store.Bounds{Events: 1 << 20, Bytes: 1 << 30}),
		from: make(map[uint64]sender), leases: make(map[uint64]lease),
	}
}

var errAway = errors.New("the hub is away")

// take leases a record to a member, whose own leases go on.
func (h *hub) take(m *member, early bool, lasts time.Duration) (r store.Record, found bool, wait time.Duration, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	for id, l := range h.leases {
		if !now.Before(l.until) {
			delete(h.leases, id)
			if err := h.box.Settle(store.Outcome{ID: store.ID{Lo: id}, Attempts: l.attempts}); err != nil {
				return r, false, 0, err
			}
		}
	}
	if r, found, wait, err = h.box.Take(early, lasts); found {
		id := r.ID.Lo
		h.leases[id] = lease{m, now.Add(lasts), r.Attempts}
		r.ID.Hi, r.Fingerprint, r.Recovered = 1, h.from[id].mark, h.from[id].member != m
	}
	return r, found, wait, err
}

// settle applies an outcome of a member, unless its lease is over. What does not
// get here comes again.
func (h *hub) settle(m *member, out store.Outcome) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := out.ID.Lo
	if h.away || m.dead || h.leases[id].member != m {
		return nil
	}
	delete(h.leases, id)
	return h.box.Settle(store.Outcome{ID: store.ID{Lo: id}, Remove: out.Remove, RetryIn: out.RetryIn, Hold: out.Hold, Attempts: out.Attempts})
}

func (h *hub) setAway(away bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = away
}

// holds is how many events are in the hub, leased ones included.
func (h *hub) holds() int {
	n, _ := h.box.Len()
	return n
}

// member is the outbox of one client. Its own records have an id of {0, n},
// those of the hub of {1, n}.
type member struct {
	hub *hub

	mu      sync.Mutex // guards what follows
	closed  bool
	dead    bool // its process is
	mark    string
	last    uint64
	waiting []waiting
	handed  map[uint64]bool
	leased  map[store.ID]bool
	flow    store.Flow // but for what is pending
}

// waiting is a record that the hub does not have.
type waiting struct {
	store.Record
	accepted time.Time
}

func (h *hub) join() *member {
	return &member{hub: h, handed: make(map[uint64]bool), leased: make(map[store.ID]bool)}
}

func (m *member) Put(r store.Record) (store.ID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return store.ID{}, store.ErrClosed
	}
	m.last++
	r.ID = store.ID{Lo: m.last}
	m.waiting = append(m.waiting, waiting{r, time.Now().Add(-r.Age)})
	return r.ID, nil
}

func (m *member) SyncAfter() time.Duration { return 5 * time.Millisecond }
func (m *member) Name() string             { return "hub" }

func (m *member) reach() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	if m.hub.away || m.dead {
		return errAway
	}
	return nil
}

// die ends what its process does in the hub.
func (m *member) die() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

func (m *member) Sync(context.Context) (handedOver []store.ID, err error) {
	if err := m.reach(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.waiting {
		r.Age = time.Since(r.accepted)
		id, err := m.hub.box.Put(r.Record)
		if err != nil {
			return handedOver, err
		}
		m.hub.mu.Lock()
		m.hub.from[id.Lo] = sender{m, m.mark}
		m.hub.mu.Unlock()
		m.handed[r.ID.Lo] = true
		handedOver = append(handedOver, r.ID)
	}
	m.waiting = nil
	return handedOver, nil
}

func (m *member) Identify(fingerprint string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mark = fingerprint
	return "", nil
}

func (m *member) Take(early bool, lasts time.Duration) (r store.Record, found bool, wait time.Duration, err error) {
	if err := m.reach(); err != nil {
		return r, false, 0, err
	}
	const poll = 10 * time.Second
	r, found, wait, err = m.hub.take(m, early, lasts)
	m.mu.Lock()
	defer m.mu.Unlock()
	if found && !m.leased[r.ID] {
		m.leased[r.ID] = true
		m.flow.Recovered++
		return r, true, 0, err
	}
	if wait == 0 || wait > poll { // what is at work here came again, for its lease was over
		wait = poll
	}
	return store.Record{}, false, wait, err
}

func (m *member) Settle(out store.Outcome) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.handed[out.ID.Lo] && out.ID.Hi == 0:
		delete(m.handed, out.ID.Lo)
		m.flow.HandedOver++
	case m.leased[out.ID]:
		delete(m.leased, out.ID)
		if !out.Remove {
			m.flow.HandedOver++
		}
		return m.hub.settle(m, out)
	}
	return nil
}

func (m *member) Len() (int, store.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiting) + len(m.handed), store.ID{Lo: m.last}
}

func (m *member) Flow() store.Flow {
	m.mu.Lock()
	defer m.mu.Unlock()
	flow := m.flow
	flow.Pending = len(m.waiting) + len(m.handed) + len(m.leased)
	return flow
}

func (m *member) Close() ([]store.Record, error) {
	_, err := m.Sync(context.Background())
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.flow.HandedOver += uint64(len(m.handed)) // nobody settles them any more
	clear(m.handed)
	var lost []store.Record
	for _, r := range m.waiting {
		lost = append(lost, r.Record)
	}
	m.waiting = nil
	return lost, err
}

// memberOf gives a client an outbox of the hub.
func memberOf(h *hub) func(*bb.Config) {
	return func(cfg *bb.Config) { cfg.Outbox = store.NewHandle(h.join()) }
}

// claims is a throttle that several clients share.
type claims struct {
	mu    sync.Mutex // guards what follows
	fail  func() error
	asked int
	held  map[throttle.Slot][]claim
}

type claim struct {
	at  time.Time
	key string
}

func newClaims() *claims { return &claims{held: make(map[throttle.Slot][]claim)} }

func (c *claims) Claim(_ context.Context, a throttle.Activity, window time.Duration) (bool, error) {
	at := time.Now().Add(-a.Age)
	if a.Date != 0 {
		at = time.UnixMilli(a.Date)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if c.fail != nil {
		return false, c.fail()
	}
	for _, other := range c.held[a.Slot] {
		if other.key != a.Key && at.Sub(other.at).Abs() < window {
			return false, nil
		}
	}
	c.held[a.Slot] = append(c.held[a.Slot], claim{at, a.Key})
	return true, nil
}

func (c *claims) timesAsked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

func sharing(c *claims) func(*bb.Config) {
	return func(cfg *bb.Config) { cfg.Throttle = throttle.NewHandle(c) }
}
