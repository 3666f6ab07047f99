package memory_test

import (
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/memory"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outboxtest"
)

func TestConformance(t *testing.T) {
	outboxtest.Run(t, func(_ *testing.T, bounds outbox.Bounds) outbox.Outbox { return memory.New(bounds) })
}

func TestCloseReturnsEverything(t *testing.T) {
	box := memory.New(outbox.Bounds{Events: 10, Bytes: 1 << 10})
	for range 3 {
		if _, err := box.Put(outbox.Record{Body: []byte("x")}); err != nil {
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
