package schedule

import (
	"math/rand/v2"
	"testing"
	"time"
)

// What a Replay gets makes the Schedule that it happened to, but for its
// leases. Records come again as copies, also after they were forgotten.
func TestReplayEqualsTheScheduleBefore(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		epoch := time.Now()
		since := func(at time.Time) time.Duration { return at.Sub(epoch) }
		now := epoch
		s, r := New[int](epoch), NewReplay[int](epoch)
		due := make(map[uint64]time.Duration)
		for seq := range uint64(2000) {
			now = now.Add(time.Second)
			s.Add(seq+1, int(seq))
			r.Put(seq+1, int(seq), 0, 0)
			for range rng.IntN(3) {
				e, ok, _ := s.Lease(now, false)
				switch {
				case !ok || rng.IntN(10) == 0: // stays leased
				case rng.IntN(3) > 0:
					s.Remove(e.Seq)
					r.Remove(e.Seq)
				default:
					due[e.Seq] = since(now) + time.Duration(rng.IntN(60))*time.Second
					s.Retry(e.Seq, epoch.Add(due[e.Seq]), time.Time{}, e.Attempts+1)
					r.Retry(e.Seq, due[e.Seq], e.Attempts+1)
				}
			}
			if e, ok := s.Find(rng.Uint64N(seq + 1)); ok && rng.IntN(5) == 0 {
				s.Set(e.Seq, -1)
				r.Put(e.Seq, -1, due[e.Seq], e.Attempts)
			}
		}
		r.Remove(9999)
		r.Retry(9999, 1, 1)
		const longest = 20 * time.Second
		again := r.Done(since(now), longest)
		if again.Len() != s.Len() {
			t.Fatalf("seed %d: %d records, want %d", seed, again.Len(), s.Len())
		}
		for e := range s.All() {
			got, ok := again.Find(e.Seq)
			if !ok || got.Value != e.Value || got.Attempts != e.Attempts {
				t.Fatalf("seed %d: %+v, %v; want %+v", seed, got, ok, e)
			}
		}
		var last Entry[int]
		for range s.Len() {
			e, ok, _ := again.Lease(now.Add(longest), false)
			if !ok {
				t.Fatalf("seed %d: not all of %d are due after the longest delay", seed, s.Len())
			}
			if e.Attempts < last.Attempts || e.Attempts == last.Attempts && e.Seq < last.Seq {
				t.Fatalf("seed %d: %+v comes after %+v", seed, e, last)
			}
			last = e
		}
	}
}

// A record that was put behind younger ones waits in its place.
func TestReplayOfACopyAlone(t *testing.T) {
	now := time.Now()
	r := NewReplay[string](now)
	r.Put(5, "younger", 0, 0)
	r.Put(2, "copy", 0, 0)
	s := r.Done(0, time.Minute)
	s.Add(9, "new")
	for _, want := range []string{"copy", "younger", "new"} {
		if got, _, _ := s.Lease(now, false); got.Value != want {
			t.Errorf("took %+v, want %s: the oldest first", got, want)
		}
	}
}
