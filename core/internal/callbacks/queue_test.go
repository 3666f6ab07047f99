package callbacks

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

func TestRunsInOrderAndSurvivesPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			q    Queue
			seen []int
		)
		for n := range 100 {
			q.Do(0, func() {
				seen = append(seen, n)
				if n%10 == 0 {
					panic(n)
				}
			})
		}
		if err := q.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(seen) != 100 || !slices.IsSorted(seen) {
			t.Errorf("ran %v", seen)
		}
		if err := q.Wait(t.Context()); err != nil {
			t.Errorf("Wait of an idle queue = %v", err)
		}
	})
}

func TestStuckFunctionBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q Queue
		release := make(chan struct{})
		q.Do(0, func() { <-release })
		accepted := 0
		for range 2 * limit {
			if q.Do(0, func() {}) {
				accepted++
			}
		}
		if accepted < limit-1 || accepted > limit {
			t.Errorf("%d functions wait behind one that hangs, want %d", accepted, limit)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := q.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Wait = %v, want its context's error", err)
		}
		close(release)
	})
}
