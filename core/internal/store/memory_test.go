package store_test

import (
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, bounds store.Bounds) store.Store { return store.NewMemory(bounds) })
}

func TestCloseReturnsEverything(t *testing.T) {
	box := store.NewMemory(store.Bounds{Events: 10, Bytes: 1 << 10})
	for range 3 {
		if _, err := box.Put(store.Record{Body: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	lost, err := box.Close()
	if err != nil || len(lost) != 3 {
		t.Errorf("Close = %d records, %v; want all 3", len(lost), err)
	}
	if n, _ := box.Len(); n != 0 {
		t.Errorf("Len after Close = %d", n)
	}
}
