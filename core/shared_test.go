package bb_test

import (
	"context"
	"errors"
	"sync"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/memory"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// hub is what several clients share, in memory, so that fake time works: the
// real one is core/redis.
type hub struct {
	box *memory.Outbox

	mu    sync.Mutex // guards what follows
	away  bool       // nobody reaches it
	marks map[uint64]string
}

func newHub() *hub {
	return &hub{box: memory.New(outbox.Bounds{Events: 1 << 20, Bytes: 1 << 30}), marks: make(map[uint64]string)}
}

var errAway = errors.New("the hub is away")

func (h *hub) reach() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		return errAway
	}
	return nil
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
	mark    string
	last    uint64
	waiting []outbox.Record
	handed  map[uint64]bool
}

func (h *hub) join() *member { return &member{hub: h, handed: make(map[uint64]bool)} }

func (m *member) Put(r outbox.Record) (outbox.ID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return outbox.ID{}, outbox.ErrClosed
	}
	m.last++
	r.ID = outbox.ID{Lo: m.last}
	m.waiting = append(m.waiting, r)
	return r.ID, nil
}

func (m *member) Shared() bool             { return true }
func (m *member) SyncAfter() time.Duration { return 5 * time.Millisecond }
func (m *member) Place() string            { return "hub" }

func (m *member) Sync(context.Context) (handedOver []outbox.ID, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.waiting) == 0 {
		return nil, nil
	}
	if err := m.hub.reach(); err != nil {
		return nil, err
	}
	for _, r := range m.waiting {
		id, err := m.hub.box.Put(r)
		if err != nil {
			return handedOver, err
		}
		m.hub.mu.Lock()
		m.hub.marks[id.Lo] = m.mark
		m.hub.mu.Unlock()
		m.handed[r.ID.Lo] = true
		handedOver = append(handedOver, r.ID)
	}
	m.waiting = nil
	return handedOver, nil
}

func (m *member) Identify(mark string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mark = mark
	return "", nil
}

func (m *member) Take(asOf time.Time, max int, lease time.Duration) ([]outbox.Record, time.Time, error) {
	if err := m.hub.reach(); err != nil {
		return nil, time.Time{}, err
	}
	records, next, err := m.hub.box.Take(asOf, max, lease)
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	for i := range records {
		records[i].Mark = m.hub.marks[records[i].ID.Lo]
		records[i].ID.Hi = 1
	}
	if poll := time.Now().Add(10 * time.Second); len(records) < max && (next.IsZero() || next.After(poll)) {
		next = poll
	}
	return records, next, err
}

func (m *member) Settle(out outbox.Outcome) error {
	if out.ID.Hi == 1 {
		out.ID.Hi = 0
		return m.hub.box.Settle(out)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.handed, out.ID.Lo)
	return nil
}

func (m *member) Len() (int, outbox.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiting) + len(m.handed), outbox.ID{Lo: m.last}
}

func (m *member) Close() ([]outbox.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	lost := m.waiting
	m.waiting = nil
	return lost, nil
}

// memberOf gives a client an outbox of the hub.
func memberOf(h *hub) func(*bb.Config) {
	return func(cfg *bb.Config) { cfg.Outbox = h.join() }
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

func (c *claims) Claim(_ context.Context, slot throttle.Slot, at time.Time, window time.Duration, key string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if c.fail != nil {
		return false, c.fail()
	}
	for _, other := range c.held[slot] {
		if other.key != key && at.Sub(other.at).Abs() < window {
			return false, nil
		}
	}
	c.held[slot] = append(c.held[slot], claim{at, key})
	return true, nil
}

func (c *claims) timesAsked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

func sharing(c *claims) func(*bb.Config) {
	return func(cfg *bb.Config) { cfg.Throttle = c }
}
