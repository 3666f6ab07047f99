package bbdisk

import (
	"errors"
	"fmt"
	"slices"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// memory holds records that need not be read back: those that are nowhere else,
// because the folder could not be written to, and those that were put a moment ago,
// since they are mostly what is taken next. The former are bounded by
// store.InMemory, and by a segment whose file was deleted.
type memory struct {
	records map[uint64]held
	alone   int   // how many are nowhere else
	bytes   int64 // of their bodies
}

type held struct {
	store.Record
	alone bool // it is nowhere else
}

// Of the records that are on disk too, the last are held, and no large ones.
const (
	recentEvents = 128
	recentBody   = 4 << 10
)

func (m *memory) fits(r store.Record) bool { return store.InMemory.Fits(m.alone, m.bytes, r) }

func (m *memory) add(seq uint64, r store.Record, alone bool) {
	switch {
	case alone:
		m.alone++
		m.bytes += int64(len(r.Body))
	case len(r.Body) > recentBody:
		return
	}
	m.records[seq] = held{r, alone}
	if old := seq - recentEvents; !m.records[old].alone {
		delete(m.records, old)
	}
}

func (m *memory) remove(seq uint64) {
	if r := m.records[seq]; r.alone {
		m.alone--
		m.bytes -= int64(len(r.Body))
	}
	delete(m.records, seq)
}

// unwritten returns the numbers of what is nowhere else, oldest first.
func (m *memory) unwritten() (numbers []uint64) {
	for seq, r := range m.records {
		if r.alone {
			numbers = append(numbers, seq)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// flush writes to disk what is held in memory alone, as far as it can, and returns
// all failures since the last call. away says why nothing can be written.
func (o *outbox) flush(away error) (err error) {
	o.mu.Lock()
	err = o.pendingErr
	o.pendingErr, o.writeErr = nil, away
	o.writeOutcomesLocked()
	numbers := o.memory.unwritten()
	o.mu.Unlock()
	for _, seq := range numbers {
		o.flushOne(seq)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writeErr == nil || o.closed && o.queue.Len() == 0 { // nothing has to be known at the next start
		return err
	}
	return errors.Join(err, fmt.Errorf("the folder cannot be written to, %s kept in memory only: %w", store.Events(o.memory.alone), o.writeErr))
}

// flushOne writes an event, unless it was settled, or the disk failed, meanwhile.
func (o *outbox) flushOne(seq uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r, ok := o.memory.records[seq]
	if !ok || o.writeErr != nil {
		return
	}
	e, _ := o.queue.Find(seq)
	if o.writeErr = o.writeLocked(&e, r.Record); o.writeErr == nil {
		o.moveLocked(e)
		o.memory.remove(seq)
	}
}

// abandonLocked gives up what is in memory alone, and returns it oldest first.
func (o *outbox) abandonLocked() (lost []store.Record) {
	for _, seq := range o.memory.unwritten() {
		e, _ := o.queue.Find(seq)
		lost = append(lost, o.describe(e, o.memory.records[seq].Record))
	}
	o.memory, o.lost = memory{}, len(lost)
	return lost
}
