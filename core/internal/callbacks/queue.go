// Package callbacks runs the user's callbacks and log lines one after another,
// away from the bot's handlers.
package callbacks

import (
	"context"
	"sync"
)

// Queue runs functions in order on one goroutine, which lives only while there
// are any. The zero value is ready. Safe for concurrent use.
type Queue struct {
	mu      sync.Mutex
	waiting []job
	bytes   int           // that waiting keeps
	idle    chan struct{} // closed when the goroutine ends; nil while none runs
}

type job struct {
	run   func()
	bytes int
}

// What waits behind a callback that is slow or never returns is bounded.
const (
	limit    = 1000
	maxBytes = 1 << 20 // and one job more
)

// Do runs functions soon, or reports false if too much waits already. bytes is
// about how much memory they keep. One that panics or ends its goroutine costs
// nothing but itself.
func (q *Queue) Do(bytes int, functions ...func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= limit || q.bytes >= maxBytes {
		return false
	}
	for _, f := range functions {
		q.waiting = append(q.waiting, job{f, bytes})
		q.bytes += bytes
		bytes = 0 // of all of them
	}
	if q.idle == nil {
		q.idle = make(chan struct{})
		go q.run(q.idle)
	}
	return true
}

// Wait returns when all that was queued has run, or with ctx's error.
func (q *Queue) Wait(ctx context.Context) error {
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *Queue) run(idle chan struct{}) {
	ended := false
	defer func() {
		if !ended { // by runtime.Goexit in a function, as testing's FailNow does
			go q.run(idle)
		}
	}()
	for {
		f := q.next()
		if f == nil {
			ended = true
			close(idle)
			return
		}
		contain(f)
	}
}

// next returns nil, once, when nothing waits any more.
func (q *Queue) next() func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.waiting, q.idle = nil, nil
		return nil
	}
	first := q.waiting[0]
	q.waiting[0] = job{}
	q.waiting = q.waiting[1:]
	q.bytes -= first.bytes
	return first.run
}

func contain(f func()) {
	defer func() { _ = recover() }()
	f()
}
