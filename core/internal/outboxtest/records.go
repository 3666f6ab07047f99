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
	handOver(t, box)
	return id
}

// handOver does what the client does soon after a Put into a shared outbox.
func handOver(t *testing.T, box outbox.Outbox) {
	t.Helper()
	if !box.Shared() {
		return
	}
	ids, err := box.Sync(t.Context())
	if err != nil {
		t.Errorf("Sync = %v", err)
	}
	for _, id := range ids {
		settle(t, box, outbox.Outcome{ID: id, Remove: true})
	}
}

// checkLen checks how many records are not settled, which a shared outbox
// knows of its own ones only.
func checkLen(t *testing.T, box outbox.Outbox, want int) {
	t.Helper()
	if n, _ := box.Len(); n != want && !box.Shared() {
		t.Errorf("Len = %d, want %d", n, want)
	}
}

// checkNext checks when a Take that found nothing wants to be asked again. A
// shared outbox asks earlier, for what others put.
func checkNext(t *testing.T, box outbox.Outbox, next, want time.Time) {
	t.Helper()
	gap := next.Sub(want)
	if box.Shared() {
		gap = max(gap, 0)
	}
	if next.IsZero() || gap.Abs() > time.Second {
		t.Errorf("the next is due at %v, want %v", next, want)
	}
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
