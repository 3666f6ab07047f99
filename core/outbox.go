package bb

import (
	"reflect"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/memory"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// Outbox keeps accepted events until they are settled. Make one with
// [MemoryOutbox] or with a package beside this one; its methods are internal
// until version 1.
type Outbox = outbox.Outbox

// Throttle decides over all replicas of a bot whether an activity is the first
// of its user in a window. Make one with core/redis; its methods are internal
// until version 1.
type Throttle = throttle.Shared

const memoryOutboxBytes = 16 << 20

// MemoryOutbox returns an Outbox that keeps at most maxEvents events, and at
// most 16 MiB of them, in memory. 0 or less means 10 000. From 80 % of either
// bound on it refuses activity, at the bound everything. What it holds is lost
// with the process; Shutdown delivers what it can and reports the rest.
func MemoryOutbox(maxEvents int) Outbox {
	if maxEvents <= 0 {
		maxEvents = DefaultOutboxEvents
	}
	return memory.New(outbox.Bounds{Events: maxEvents, Bytes: memoryOutboxBytes})
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
