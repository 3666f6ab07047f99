// Package recent remembers the idempotency keys accepted last.
package recent

import "sync"

// Key is an idempotency key, or a digest of one that is not a UUID.
type Key [16]byte

// Set remembers at least the last size keys and at most twice as many. Safe
// for concurrent use.
type Set struct {
	size int

	mu           sync.Mutex
	newer, older map[Key]struct{}
}

// New returns a Set that remembers at least size keys.
func New(size int) *Set { return &Set{size: size} }

// Add remembers k and reports whether it was new.
func (s *Set) Add(k Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.newer[k]; ok {
		return false
	}
	if _, ok := s.older[k]; ok {
		return false
	}
	if len(s.newer) >= s.size {
		s.older, s.newer = s.newer, nil
	}
	if s.newer == nil {
		s.newer = make(map[Key]struct{})
	}
	s.newer[k] = struct{}{}
	return true
}

// Remove forgets k, whose event was not accepted after all.
func (s *Set) Remove(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.newer, k)
	delete(s.older, k)
}
