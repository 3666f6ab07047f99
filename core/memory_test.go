package bb_test

import "github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"

// inMemory is what the outboxes of these tests are made of.
func inMemory() store.Store {
	return store.NewMemory(store.Bounds{Events: 100, Bytes: 1 << 30})
}
