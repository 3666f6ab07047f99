package recent

import (
	"encoding/binary"
	"testing"
)

func key(n int) (k Key) {
	binary.BigEndian.PutUint64(k[:], uint64(n))
	return k
}

func TestRemembersTheLast(t *testing.T) {
	const size = 100
	s := New(size)
	for n := range 10 * size {
		if !s.Add(key(n)) {
			t.Fatalf("%d is not new", n)
		}
		for back := range min(n+1, size) {
			if s.Add(key(n - back)) {
				t.Fatalf("%d was forgotten after %d more", n-back, back)
			}
		}
		if held := len(s.newer) + len(s.older); held > 2*size {
			t.Fatalf("%d keys held", held)
		}
	}
}

func TestRemove(t *testing.T) {
	s := New(2)
	for n := range 3 {
		s.Add(key(n))
	}
	for n := range 3 {
		s.Remove(key(n))
		if !s.Add(key(n)) {
			t.Errorf("%d is still there", n)
		}
	}
}
