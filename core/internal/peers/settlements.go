package main

import "sync"

// settlements counts events from the call to the callback.
type settlements struct {
	mu                        sync.Mutex // guards what follows
	accepted, delivered, gone int
	fewer                     *sync.Cond // unsettled events than before
}

func newSettlements() *settlements {
	s := &settlements{}
	s.fewer = sync.NewCond(&s.mu)
	return s
}

func (s *settlements) accept() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted++
}

func (s *settlements) settle(delivered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if delivered {
		s.delivered++
	} else {
		s.gone++
	}
	s.fewer.Broadcast()
}

// await waits until no more than most events are unsettled.
func (s *settlements) await(most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.accepted-s.delivered-s.gone > most {
		s.fewer.Wait()
	}
}

func (s *settlements) deliveredSoFar() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.delivered
}

func (s *settlements) lost() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gone
}
