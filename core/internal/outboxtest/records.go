package outboxtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

func record(body string) outbox.Record {
	return outbox.Record{Key: []byte("key"), Body: []byte(body), Accepted: time.Now()}
}

func put(t *testing.T, box outbox.Outbox, r outbox.Record) outbox.ID {
	t.Helper()
	id, err := box.Put(r)
	if err != nil {
		t.Fatalf("Put = %v", err)
	}
	return id
}

// putMany puts n records whose bodies sort in the order of Put.
func putMany(t *testing.T, box outbox.Outbox, n int) {
	t.Helper()
	for i := range n {
		put(t, box, record(fmt.Sprintf("%04d", i)))
	}
}

func take(t *testing.T, box outbox.Outbox, asOf time.Time, max int) []outbox.Record {
	t.Helper()
	records, _, err := box.Take(asOf, max, lease)
	if err != nil {
		t.Fatalf("Take = %v", err)
	}
	return records
}

func settle(t *testing.T, box outbox.Outbox, outcomes ...outbox.Outcome) {
	t.Helper()
	for _, out := range outcomes {
		if err := box.Settle(out); err != nil {
			t.Errorf("Settle = %v", err)
		}
	}
}

func bodies(records []outbox.Record) []string {
	var all []string
	for _, r := range records {
		all = append(all, string(r.Body))
	}
	return all
}
