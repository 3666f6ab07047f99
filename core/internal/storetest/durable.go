package storetest

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// OpenDurable returns an empty store whose records outlive its process. restart
// kills that process, as far as a test can, lets its leases end, and returns
// what the next one opens; it may be called again and again.
type OpenDurable func(t *testing.T, bounds store.Bounds) (s store.Store, restart func() store.Store)

// RunDurable holds a store against what it promises beyond [Run]: that its
// records, and all that is known of them, are there after a crash.
func RunDurable(t *testing.T, open OpenDurable) {
	cases := []struct {
		name string
		test func(*testing.T, OpenDurable)
	}{
		{"KeepsRecordsAsTheyAre", keepsRecordsOverRestart},
		{"KeepsTheOrder", keepsOrderOverRestart},
		{"KeepsAttemptsAndDelays", keepsAttemptsAndDelays},
		{"GivesLeasedRecordsOutAgain", givesLeasedOutAgain},
		{"ForgetsWhatIsSettled", forgetsSettled},
		{"TellsOwnRecordsByID", tellsOwnRecordsOverRestart},
		{"KeepsCountingBounds", keepsCountingBounds},
		{"KeepsTheFingerprint", keepsFingerprint},
		{"CloseLosesNothing", closeLosesNothing},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

func keepsRecordsOverRestart(t *testing.T, open OpenDurable) {
	s, restart := open(t, roomy)
	body := bytes.Repeat([]byte("\x00\xff\n{}"), 1000)
	put(t, s, store.Record{Body: body, Age: time.Hour, Sheddable: true, Slot: 14, Date: 1_700_000_000_000})
	put(t, s, store.Record{})
	s = restart()
	got := Take(t, s, 9)
	if len(got) != 2 {
		t.Fatalf("took %d records, want 2", len(got))
	}
	if r := got[0]; r.Slot != 14 || r.Date != 1_700_000_000_000 {
		t.Errorf("took slot %d and date %d; not what was put", r.Slot, r.Date)
	}
	if r := got[0]; !bytes.Equal(r.Body, body) || !r.Sheddable || !r.Recovered || r.Attempts != 0 || r.Err != nil {
		t.Errorf("took %d bytes, sheddable %v, %d attempts, %v; not what was put", len(r.Body), r.Sheddable, r.Attempts, r.Err)
	}
	if r := got[1]; len(r.Body) != 0 || r.Sheddable {
		t.Errorf("took %+v, want an empty record", r)
	}
	checkAges(t, got, time.Hour, 0)
	checkFlow(t, s, 0, 0)
}

func keepsOrderOverRestart(t *testing.T, open OpenDurable) {
	s, restart := open(t, roomy)
	putMany(t, s, 50)
	s = restart()
	put(t, s, record("0050"))
	s = restart()
	got := bodies(Take(t, s, 99))
	if len(got) != 51 || !slices.IsSorted(got) {
		t.Errorf("took %v, want 51 in the order of Put", got)
	}
}

func keepsAttemptsAndDelays(t *testing.T, open OpenDurable) {
	s, restart := open(t, roomy)
	putMany(t, s, 3)
	taken := Take(t, s, 3)
	Settle(t, s,
		store.Outcome{ID: taken[0].ID, RetryIn: 4 * time.Minute, Attempts: 2},
		store.Outcome{ID: taken[1].ID, Attempts: 7},
		store.Outcome{ID: taken[2].ID, Attempts: 1})
	s = restart()
	got := Take(t, s, 9)
	if names := bodies(got); !slices.Equal(names, []string{"0002", "0001"}) || got[1].Attempts != 7 {
		t.Errorf("took %v; want 0002 before 0001, and no 0000", names)
	}
	checkWait(t, s, 4*time.Minute)
	if late := TakeEarly(t, s); len(late) == 0 || late[0].Attempts != 2 {
		t.Errorf("early took %v, want 0000 with 2 attempts", late)
	}
}

func givesLeasedOutAgain(t *testing.T, open OpenDurable) {
	s, restart := open(t, roomy)
	putMany(t, s, 3)
	Take(t, s, 2)
	if got := bodies(Take(t, restart(), 9)); !slices.Equal(got, []string{"0000", "0001", "0002"}) {
		t.Errorf("took %v after a crash, want all 3, oldest first", got)
	}
}

func forgetsSettled(t *testing.T, open OpenDurable) {
	s, restart := open(t, roomy)
	putMany(t, s, 4)
	taken := Take(t, s, 3)
	Settle(t, s, store.Outcome{ID: taken[0].ID, Remove: true}, store.Outcome{ID: taken[2].ID, Remove: true})
	if got := bodies(Take(t, restart(), 9)); !slices.Equal(got, []string{"0001", "0003"}) {
		t.Errorf("took %v, want what was not settled", got)
	}
}

// See tellsOwnRecords: what an earlier process left counts as its own where
// nobody else can take it.
func tellsOwnRecordsOverRestart(t *testing.T, open OpenDurable) {
	s, restart := open(t, roomy)
	putMany(t, s, 2)
	Settle(t, s, store.Outcome{ID: Take(t, s, 1)[0].ID, Remove: true})
	s = restart()
	n, last := s.Len()
	if id := put(t, s, record("new")); !id.After(last) {
		t.Errorf("Put after a restart = %v, which is not after %v", id, last)
	}
	own := 0
	for _, r := range Take(t, s, 9) {
		if !r.ID.After(last) {
			own++
		}
	}
	if own != n {
		t.Errorf("Len = %d after a restart, and %d records have an ID that it counted", n, own)
	}
}

func keepsCountingBounds(t *testing.T, open OpenDurable) {
	s, restart := open(t, store.Bounds{Events: 3, Bytes: 10})
	put(t, s, record("1234"))
	s = restart()
	put(t, s, record("1234"))
	if _, err := s.Put(record("123")); !errors.Is(err, store.ErrFull) {
		t.Errorf("Put of the 11th byte = %v, want ErrFull", err)
	}
	put(t, s, record("1"))
	if _, err := s.Put(record("")); !errors.Is(err, store.ErrFull) {
		t.Errorf("Put of the 4th record = %v, want ErrFull", err)
	}
}

// A store keeps the fingerprint of its last process, or one with each record.
func keepsFingerprint(t *testing.T, open OpenDurable) {
	s, restart := open(t, roomy)
	identify := func(fingerprint string) (previous string) {
		t.Helper()
		previous, err := s.Identify(fingerprint)
		if err != nil {
			t.Errorf("Identify = %v", err)
		}
		return previous
	}
	if previous := identify("a"); previous != "" {
		t.Errorf("Identify = %q of a new store", previous)
	}
	put(t, s, record("x"))
	s = restart()
	previous := identify("b")
	got := Take(t, s, 9)
	if len(got) != 1 || cmp.Or(got[0].Fingerprint, previous) != "a" {
		t.Errorf("Identify = %q, and took %+v; want the fingerprint a", previous, got)
	}
}

func closeLosesNothing(t *testing.T, open OpenDurable) {
	s, restart := open(t, roomy)
	putMany(t, s, 3)
	Take(t, s, 1)
	lost, err := s.Close()
	if err != nil || len(lost) != 0 {
		t.Errorf("Close = %d lost, %v", len(lost), err)
	}
	if got := Take(t, restart(), 9); len(got) != 3 {
		t.Errorf("took %d after Close and a restart, want 3", len(got))
	}
}
