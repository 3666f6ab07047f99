package store

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
)

// Memory keeps records in memory. What it holds is lost with the process.
type Memory struct {
	bounds Bounds
	epoch  time.Time // what waiting.accepted counts from, on its monotonic clock

	mu     sync.Mutex // guards what follows
	closed bool
	lastID uint64
	bytes  int64
	queue  *schedule.Schedule[waiting]
}

type waiting struct {
	body      []byte
	accepted  time.Duration // since epoch
	sheddable bool
	slot      uint64
	date      int64
}

// NewMemory returns a Memory that holds at most what bounds allow.
func NewMemory(bounds Bounds) *Memory {
	now := time.Now()
	return &Memory{bounds: bounds, epoch: now, queue: schedule.New[waiting](now)}
}

// Put implements Inbox.
func (m *Memory) Put(r Record) (ID, error) {
	accepted := time.Since(m.epoch) - r.Age
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ID{}, ErrClosed
	}
	if !m.bounds.Fits(m.queue.Len(), m.bytes, r) {
		return ID{}, ErrFull
	}
	m.lastID++
	m.bytes += int64(len(r.Body))
	m.queue.Add(m.lastID, waiting{r.Body, accepted, r.Sheddable, r.Slot, r.Date})
	return ID{Lo: m.lastID}, nil
}

// Take implements Source. Leases do not end by time: the one process that has
// this memory also has the leases, and settles each.
func (m *Memory) Take(early bool, _ time.Duration) (r Record, found bool, wait time.Duration, err error) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	e, found, wait := m.queue.Lease(now, early)
	if found {
		r = m.record(e, now)
	}
	return r, found, wait, nil
}

func (m *Memory) record(e schedule.Entry[waiting], now time.Time) Record {
	return Record{
		ID: ID{Lo: e.Seq}, Body: e.Value.body, Age: now.Sub(m.epoch) - e.Value.accepted,
		Attempts: e.Attempts, Sheddable: e.Value.sheddable,
		Slot: e.Value.slot, Date: e.Value.date,
	}
}

// Settle implements Source.
func (m *Memory) Settle(out Outcome) error {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.queue.Find(out.ID.Lo)
	switch {
	case !ok || !e.Leased || out.ID.Hi != 0:
	case out.Remove:
		m.queue.Remove(e.Seq)
		m.bytes -= int64(len(e.Value.body))
	default:
		m.queue.Retry(e.Seq, now.Add(out.RetryIn), out.Free(now), out.Attempts)
	}
	return nil
}

// Len implements Inbox.
func (m *Memory) Len() (int, ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.queue.Len(), ID{Lo: m.lastID}
}

// Bytes is the size of all bodies.
func (m *Memory) Bytes() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bytes
}

// Flow implements Store.
func (m *Memory) Flow() Flow {
	n, _ := m.Len()
	return Flow{Pending: n}
}

// Identify implements Store: there is nothing from before.
func (m *Memory) Identify(string) (string, error) { return "", nil }

// Name implements Store.
func (m *Memory) Name() string { return "memory" }

// Close implements Inbox. What is lost comes oldest first.
func (m *Memory) Close() ([]Record, error) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	var lost []Record
	for e := range m.queue.All() {
		lost = append(lost, m.record(e, now))
	}
	slices.SortFunc(lost, func(a, b Record) int { return cmp.Compare(a.ID.Lo, b.ID.Lo) })
	m.queue, m.bytes = schedule.New[waiting](now), 0
	return lost, nil
}
