// Package schedule keeps the order in which the records of one process are
// taken. It knows nothing of what a record is or where it is stored.
package schedule

import (
	"iter"
	"sort"
	"time"
)

// Schedule orders records by fewest attempts, then age. Each is fresh (never
// taken), due again, delayed or leased. The cost of an operation does not
// depend on the number of fresh records, and grows with the logarithm of the
// number of others. Not safe for concurrent use.
type Schedule[T any] struct {
	epoch time.Time // due times count from here, on its monotonic clock

	fresh list[item[T]]     // oldest first
	tried map[uint64]job[T] // all others
	due   heap              // of tried, by attempts
	later heap              // of tried, by due time
	held  heap              // of tried, by when they may be taken early; then they are in later
	peak  int               // most jobs since tried was made
}

type item[T any] struct {
	seq   uint64
	value T
}

type job[T any] struct {
	value    T
	attempts int
	due      time.Duration // since epoch; 0: at once
	leased   bool
}

// Entry is a record as a Schedule knows it.
type Entry[T any] struct {
	Seq      uint64
	Value    T
	Attempts int
	Due      time.Time // zero: at once
	Leased   bool
}

// New returns an empty Schedule.
func New[T any](now time.Time) *Schedule[T] {
	return &Schedule[T]{epoch: now, tried: make(map[uint64]job[T])}
}

// Add takes a record that was never tried. Its seq must be above all before.
func (s *Schedule[T]) Add(seq uint64, value T) {
	s.fresh.push(item[T]{seq, value})
}

func (s *Schedule[T]) put(seq uint64, j job[T]) {
	s.tried[seq] = j
	s.peak = max(s.peak, len(s.tried))
}

// Lease leases the record that is due at a moment and first in line, until Remove
// or Retry. With early, if none is due, it leases the one that is due next of those
// that are free. If none is found, wait is when to ask again; 0: none is delayed.
func (s *Schedule[T]) Lease(now time.Time, early bool) (e Entry[T], found bool, wait time.Duration) {
	at := int64(now.Sub(s.epoch))
	for s.held.len() > 0 && s.held.first().rank <= at {
		seq := s.held.pop().seq
		s.later.push(key{rank: int64(s.tried[seq].due), seq: seq})
	}
	for s.later.len() > 0 && s.later.first().rank <= at {
		s.wakeFirst()
	}
	if early && s.due.len() == 0 && s.fresh.n == 0 && s.later.len() > 0 {
		s.wakeFirst()
	}
	switch {
	case s.due.len() > 0 && (s.fresh.n == 0 || s.due.first().before(key{seq: s.fresh.at(0).seq})):
		seq := s.due.pop().seq
		j := s.tried[seq]
		j.leased, j.due = true, 0
		s.put(seq, j)
		return s.entry(seq, j), true, 0
	case s.fresh.n > 0:
		first := s.fresh.popFirst()
		j := job[T]{value: first.value, leased: true}
		s.put(first.seq, j)
		return s.entry(first.seq, j), true, 0
	}
	return Entry[T]{}, false, s.wait(now)
}

// wakeFirst makes due the record that is delayed the least.
func (s *Schedule[T]) wakeFirst() {
	seq := s.later.pop().seq
	s.due.push(key{rank: int64(s.tried[seq].attempts), seq: seq})
}

// wait is how long the first delayed record is not due yet, or not to be taken
// early; 0: none is delayed.
func (s *Schedule[T]) wait(now time.Time) (wait time.Duration) {
	for _, h := range []*heap{&s.later, &s.held} {
		if h.len() == 0 {
			continue
		}
		left := max(time.Duration(h.first().rank)-now.Sub(s.epoch), 1)
		if wait == 0 || left < wait {
			wait = left
		}
	}
	return wait
}

// Retry ends a lease: the record is due again at a moment, and not to be taken
// early before it is free.
func (s *Schedule[T]) Retry(seq uint64, at, free time.Time, attempts int) {
	j, ok := s.tried[seq]
	if !ok || !j.leased {
		return
	}
	j.leased, j.due, j.attempts = false, at.Sub(s.epoch), attempts
	s.put(seq, j)
	if free.IsZero() {
		s.later.push(key{rank: int64(j.due), seq: seq})
	} else {
		s.held.push(key{rank: int64(free.Sub(s.epoch)), seq: seq})
	}
}

// Remove ends a lease and forgets the record.
func (s *Schedule[T]) Remove(seq uint64) {
	const worthFreeing = 1024
	if j, ok := s.tried[seq]; !ok || !j.leased {
		return
	}
	delete(s.tried, seq)
	if len(s.tried) == 0 && s.peak > worthFreeing { // a map never shrinks
		s.tried, s.peak = make(map[uint64]job[T]), 0
	}
}

// Find returns a record in whatever state.
func (s *Schedule[T]) Find(seq uint64) (e Entry[T], ok bool) {
	if j, ok := s.tried[seq]; ok {
		return s.entry(seq, j), true
	}
	if found := s.findFresh(seq); found != nil {
		return Entry[T]{Seq: seq, Value: found.value}, true
	}
	return Entry[T]{}, false
}

// Set replaces the value of a record.
func (s *Schedule[T]) Set(seq uint64, value T) {
	if j, ok := s.tried[seq]; ok {
		j.value = value
		s.tried[seq] = j
	} else if found := s.findFresh(seq); found != nil {
		found.value = value
	}
}

func (s *Schedule[T]) findFresh(seq uint64) *item[T] {
	i := sort.Search(s.fresh.n, func(i int) bool { return s.fresh.at(i).seq >= seq })
	if i == s.fresh.n || s.fresh.at(i).seq != seq {
		return nil
	}
	return s.fresh.at(i)
}

func (s *Schedule[T]) entry(seq uint64, j job[T]) Entry[T] {
	e := Entry[T]{Seq: seq, Value: j.value, Attempts: j.attempts, Leased: j.leased}
	if j.due != 0 {
		e.Due = s.epoch.Add(j.due)
	}
	return e
}

// Len is the number of records, leased ones included.
func (s *Schedule[T]) Len() int { return s.fresh.n + len(s.tried) }

// All yields every record, in no order.
func (s *Schedule[T]) All() iter.Seq[Entry[T]] {
	return func(yield func(Entry[T]) bool) {
		for seq, j := range s.tried {
			if !yield(s.entry(seq, j)) {
				return
			}
		}
		for i := range s.fresh.n {
			it := s.fresh.at(i)
			if !yield(Entry[T]{Seq: it.seq, Value: it.value}) {
				return
			}
		}
	}
}
