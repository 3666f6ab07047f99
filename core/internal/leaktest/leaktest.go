// Package leaktest finds goroutines that a test leaves behind. Where a test can
// run in a bubble of testing/synctest, that finds them too, and needs no help.
package leaktest

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

const patience = 10 * time.Second // for goroutines that are about to end

// Check fails tb if goroutines are left, after the cleanups of tb that were
// registered later, that did not run when Check was called. The test must not
// run in parallel with others.
func Check(tb testing.TB) {
	tb.Helper()
	before := goroutines()
	tb.Cleanup(func() {
		deadline := time.Now().Add(patience)
		for {
			left := goroutines()
			for id := range before {
				delete(left, id)
			}
			if len(left) == 0 {
				return
			}
			if time.Now().After(deadline) {
				for _, stack := range left {
					tb.Errorf("left behind: %s", stack)
				}
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// goroutines returns the stacks of all goroutines by their ids.
func goroutines() map[string]string {
	text := make([]byte, 1<<20)
	n := runtime.Stack(text, true)
	for n == len(text) { // there may be more
		text = make([]byte, 2*len(text))
		n = runtime.Stack(text, true)
	}
	stacks := map[string]string{}
	for stack := range strings.SplitSeq(string(text[:n]), "\n\n") {
		id, _, _ := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		stacks[id] = stack
	}
	return stacks
}
