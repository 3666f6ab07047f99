package schedule

import "time"

// Replay makes a Schedule from what became of its records in earlier processes,
// in the order in which it happened. It needs no more memory than the
// Schedule: records stay in the order in which they were put, but for the few
// that were leased before older ones.
//
// Until Done, due times count from a moment of the caller's.
type Replay[T any] struct{ s *Schedule[T] }

// NewReplay returns a Replay without records.
func NewReplay[T any](now time.Time) Replay[T] { return Replay[T]{New[T](now)} }

// Put adds a record, or replaces one, in the state that it had then.
func (r Replay[T]) Put(seq uint64, value T, due time.Duration, attempts int) {
	fresh := &r.s.fresh
	switch {
	case due == 0 && attempts == 0 && (fresh.n == 0 || fresh.at(fresh.n-1).seq < seq) && !r.has(seq):
		r.s.Add(seq, value)
	default:
		r.try(seq)
		r.s.put(seq, job[T]{value: value, attempts: attempts, due: due})
	}
}

// Retry changes when a record is due; 0: at once. It ignores an unknown one.
func (r Replay[T]) Retry(seq uint64, due time.Duration, attempts int) {
	if r.try(seq) {
		r.s.put(seq, job[T]{value: r.s.tried[seq].value, attempts: attempts, due: due})
	}
}

// Remove forgets a record.
func (r Replay[T]) Remove(seq uint64) {
	if r.try(seq) {
		delete(r.s.tried, seq)
	}
}

// try takes a record, and those before it, out of the fresh ones.
func (r Replay[T]) try(seq uint64) (found bool) {
	if r.has(seq) || r.s.findFresh(seq) == nil {
		return r.has(seq)
	}
	for !r.has(seq) {
		first := r.s.fresh.popFirst()
		r.s.put(first.seq, job[T]{value: first.value})
	}
	return true
}

func (r Replay[T]) has(seq uint64) bool {
	_, ok := r.s.tried[seq]
	return ok
}

// Done returns the Schedule. now is the present on the timeline of due times; a
// delay beyond longest counts as longest.
func (r Replay[T]) Done(now, longest time.Duration) *Schedule[T] {
	for seq, j := range r.s.tried {
		if j.due != 0 {
			j.due = min(max(j.due-now, 0), longest)
			r.s.tried[seq] = j
		}
		r.s.later.push(key{rank: int64(j.due), seq: seq})
	}
	return r.s
}
