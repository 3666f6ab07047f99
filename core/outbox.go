package bb

import (
	"reflect"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// Outbox keeps accepted events until they are settled. Make one with
// [MemoryOutbox] or with a package beside this one: core/disk for a folder,
// core/redis for replicas. Its method is internal until version 1.
type Outbox interface{ Place() store.Place }

// Throttle decides over all replicas of a bot whether an activity is the first
// of its user in a window. Make one with core/redis. Its method is internal
// until version 1.
type Throttle interface{ Shared() throttle.Shared }

// MemoryOutbox returns an Outbox that keeps at most maxEvents events, and at
// most 16 MiB of them, in memory. 0 or less means 10 000. From 80 % of either
// bound on it refuses activity, at the bound everything. What it holds is lost
// with the process; Shutdown delivers what it can and reports the rest.
func MemoryOutbox(maxEvents int) Outbox {
	bounds := store.InMemory
	if maxEvents > 0 {
		bounds.Events = maxEvents
	}
	return store.NewHandle(store.NewMemory(bounds))
}

// isNil reports whether an interface is nil or holds a nil pointer, as happens
// when the error of an Open is overlooked.
func isNil(value any) bool {
	if value == nil {
		return true
	}
	v := reflect.ValueOf(value)
	return v.Kind() == reflect.Pointer && v.IsNil()
}
