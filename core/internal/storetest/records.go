package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

func record(body string) store.Record { return store.Record{Body: []byte(body)} }

// put puts a record, and makes it ready to be taken.
func put(t *testing.T, s store.Store, r store.Record) store.ID {
	t.Helper()
	id, err := s.Put(r)
	if err != nil {
		t.Fatalf("Put = %v", err)
	}
	handOver(t, s)
	return id
}

// putMany puts n records whose bodies sort in the order of Put.
func putMany(t *testing.T, s store.Store, n int) {
	t.Helper()
	for i := range n {
		if _, err := s.Put(record(fmt.Sprintf("%04d", i))); err != nil {
			t.Fatalf("Put = %v", err)
		}
	}
	handOver(t, s)
}

// handOver does what the client does soon after a Put, and returns the IDs of
// what other processes can take now.
func handOver(t *testing.T, s store.Store) []store.ID {
	t.Helper()
	syncer, ok := s.(store.Syncer)
	if !ok {
		return nil
	}
	ids, err := syncer.Sync(t.Context())
	if err != nil {
		t.Errorf("Sync = %v", err)
	}
	for _, id := range ids {
		Settle(t, s, store.Outcome{ID: id, Remove: true})
	}
	return ids
}

// checkFlow checks the ledger of a process that put records, and removed some
// that it took.
func checkFlow(t *testing.T, s store.Store, put, removed int) {
	t.Helper()
	f := s.Flow()
	if uint64(put)+f.Recovered != uint64(removed)+f.HandedOver+uint64(f.Pending) {
		t.Errorf("after %d records were put and %d removed: %+v", put, removed, f)
	}
}

// checkWait checks when a Take that finds nothing wants to be asked again. A
// shared store asks earlier, for what others put.
func checkWait(t *testing.T, s store.Store, want time.Duration) {
	t.Helper()
	r, found, wait, err := s.Take(false, lease)
	if err != nil || found {
		t.Errorf("Take before a record is due = %q, %v; want none", r.Body, err)
	}
	const poll = 10 * time.Second
	if wait > want || wait < min(want, poll)-time.Second {
		t.Errorf("the next is due in %v, want %v", wait, want)
	}
}

// checkAges checks records against what their ages were when they were put.
func checkAges(t *testing.T, got []store.Record, put ...time.Duration) {
	t.Helper()
	for i, want := range put {
		if age := got[i].Age; age < want-time.Second || age > want+time.Minute {
			t.Errorf("record %d has age %v, and had %v when it was put", i, age, want)
		}
	}
}

// Take takes at most limit records of those that are due.
func Take(tb testing.TB, s store.Source, limit int) (taken []store.Record) {
	tb.Helper()
	for len(taken) < limit {
		r, found, _, err := s.Take(false, lease)
		if err != nil {
			tb.Fatalf("Take = %v", err)
		}
		if !found {
			break
		}
		taken = append(taken, r)
	}
	return taken
}

// TakeEarly takes the record that is due next, if it is free.
func TakeEarly(tb testing.TB, s store.Source) []store.Record {
	tb.Helper()
	r, found, _, err := s.Take(true, lease)
	if err != nil {
		tb.Fatalf("Take = %v", err)
	}
	if !found {
		return nil
	}
	return []store.Record{r}
}

// TakeAll takes what waits, due or not.
func TakeAll(tb testing.TB, s store.Source) (taken []store.Record) {
	tb.Helper()
	for {
		next := TakeEarly(tb, s)
		if len(next) == 0 {
			return taken
		}
		taken = append(taken, next...)
	}
}

// Settle applies outcomes.
func Settle(tb testing.TB, s store.Source, outcomes ...store.Outcome) {
	tb.Helper()
	for _, out := range outcomes {
		if err := s.Settle(out); err != nil {
			tb.Fatalf("Settle = %v", err)
		}
	}
}

func bodies(records []store.Record) []string {
	var all []string
	for _, r := range records {
		all = append(all, string(r.Body))
	}
	return all
}
