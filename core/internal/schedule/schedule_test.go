package schedule

import (
	"cmp"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// plain is a schedule without cleverness.
type plain struct {
	seq      uint64
	attempts int
	due      time.Time
	leased   bool
}

func TestAgainstAPlainList(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	now := time.Now()
	s := New[uint64](now)
	var model []plain
	take := func() (plain, bool) {
		var due []int
		for i, p := range model {
			if !p.leased && !p.due.After(now) {
				due = append(due, i)
			}
		}
		if len(due) == 0 {
			return plain{}, false
		}
		first := slices.MinFunc(due, func(i, j int) int {
			a, b := model[i], model[j]
			return cmp.Or(cmp.Compare(a.attempts, b.attempts), cmp.Compare(a.seq, b.seq))
		})
		model[first].leased = true
		return model[first], true
	}
	for seq := range uint64(20_000) {
		now = now.Add(time.Duration(rng.IntN(1000)) * time.Millisecond)
		for range rng.IntN(3) {
			if want, ok := take(); ok {
				got, found, _ := s.Lease(now, false)
				if !found || got.Seq != want.seq || got.Attempts != want.attempts || got.Value != want.seq {
					t.Fatalf("took %+v, %v; want %+v", got, found, want)
				}
			} else if got, found, _ := s.Lease(now, false); found {
				t.Fatalf("took %+v, want none", got)
			}
		}
		if len(model) < 500 {
			s.Add(seq+1, seq+1)
			model = append(model, plain{seq: seq + 1})
		}
		model = slices.DeleteFunc(model, func(p plain) bool {
			gone := p.leased && rng.IntN(3) == 0
			if gone {
				s.Remove(p.seq)
			}
			return gone
		})
		for i := range model {
			if p := &model[i]; p.leased && rng.IntN(3) == 0 {
				p.leased, p.attempts = false, p.attempts+rng.IntN(2)
				p.due = now.Add(time.Duration(rng.IntN(5000)-1000) * time.Millisecond)
				s.Retry(p.seq, p.due, time.Time{}, p.attempts)
			}
		}
		if s.Len() != len(model) {
			t.Fatalf("Len = %d, want %d", s.Len(), len(model))
		}
	}
	for e := range s.All() {
		if !slices.ContainsFunc(model, func(p plain) bool { return p.seq == e.Seq }) {
			t.Errorf("All yields %d, which was removed", e.Seq)
		}
	}
}

func TestNext(t *testing.T) {
	now := time.Now()
	s := New[string](now)
	if _, _, wait := s.Lease(now, false); wait != 0 {
		t.Errorf("wait %v with nothing delayed", wait)
	}
	for seq, delay := range []time.Duration{time.Hour, time.Minute} {
		s.Add(uint64(seq), "")
		s.Lease(now, false)
		s.Retry(uint64(seq), now.Add(delay), time.Time{}, 1)
	}
	if _, _, got := s.Lease(now, false); got != time.Minute {
		t.Errorf("Next in %v, want the sooner of the two", got)
	}
}

// What is held is not to be taken early, and after that waits for its due time.
func TestHeldRecordIsNotTakenEarly(t *testing.T) {
	now := time.Now()
	s := New[string](now)
	s.Add(1, "held")
	s.Lease(now, false)
	s.Retry(1, now.Add(time.Minute), now.Add(time.Second), 1)
	if e, ok, wait := s.Lease(now, true); ok || wait != time.Second {
		t.Errorf("took %+v, %v; to be asked again in %v, want a second", e, ok, wait)
	}
	now = now.Add(time.Second)
	if e, ok, wait := s.Lease(now, false); ok || wait != time.Minute-time.Second {
		t.Errorf("took %+v, %v; to be asked again in %v, want the rest of a minute", e, ok, wait)
	}
	if _, ok, _ := s.Lease(now, true); !ok {
		t.Error("the record is held for good")
	}
}

func TestOnlyLeasedRecordsEnd(t *testing.T) {
	now := time.Now()
	s := New[string](now)
	s.Add(2, "delayed")
	s.Lease(now, false)
	s.Retry(2, now.Add(time.Hour), time.Time{}, 0)
	s.Add(3, "fresh")
	for seq := range uint64(5) {
		s.Remove(seq)
		s.Retry(seq, now, time.Time{}, 9)
		if e, _ := s.Find(seq); e.Leased {
			t.Errorf("record %d counts as leased", seq)
		}
	}
	if e, ok, _ := s.Lease(now, false); !ok || e.Value != "fresh" || s.Len() != 2 {
		t.Errorf("took %+v, %v of %d; want both to be there still", e, ok, s.Len())
	}
}

func TestFindAndSet(t *testing.T) {
	now := time.Now()
	s := New[int](now)
	for seq := range uint64(1000) {
		s.Add(2*seq+2, 0)
	}
	for range 10 {
		s.Lease(now, false)
	}
	for _, seq := range []uint64{2, 20, 22, 2000} {
		s.Set(seq, int(seq))
		if e, ok := s.Find(seq); !ok || e.Value != int(seq) || e.Seq != seq {
			t.Errorf("Find(%d) = %+v, %v", seq, e, ok)
		}
	}
	for _, seq := range []uint64{0, 1, 21, 2001, 3000} {
		if e, ok := s.Find(seq); ok {
			t.Errorf("Find(%d) = %+v, which was never added", seq, e)
		}
	}
}

// A queue that was long once holds no memory for ever, in whatever state its
// records were.
func TestMemoryIsGivenBack(t *testing.T) {
	const records = 200_000
	now := time.Now()
	s := New[[32]byte](now)
	inUse := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := inUse()
	for seq := range uint64(records) {
		s.Add(seq, [32]byte{})
	}
	full := inUse()
	for seq := range uint64(records) {
		s.Lease(now, false)
		s.Retry(seq, now, time.Time{}, 1)
	}
	for {
		e, ok, _ := s.Lease(now, false)
		if !ok {
			break
		}
		s.Remove(e.Seq)
	}
	if left := int64(inUse()) - int64(before); left > int64(full-before)/20 {
		t.Errorf("%d bytes are held after all records went, of %d with all of them", left, full-before)
	}
	runtime.KeepAlive(s)
}

func BenchmarkCycle(b *testing.B) {
	for name, n := range map[string]int{"pending=1000": 1e3, "pending=1000000": 1e6} {
		b.Run(name, func(b *testing.B) {
			now := time.Now()
			s := New[[24]byte](now)
			seq := uint64(0)
			for range n {
				seq++
				s.Add(seq, [24]byte{})
			}
			b.ReportAllocs()
			for b.Loop() {
				seq++
				s.Add(seq, [24]byte{})
				e, _, _ := s.Lease(now, false)
				s.Remove(e.Seq)
			}
		})
	}
}
