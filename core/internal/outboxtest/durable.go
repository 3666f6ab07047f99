package outboxtest

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// OpenDurable returns an empty outbox whose records outlive its process.
// restart kills that process, as far as a test can, and returns what the next
// one opens; it may be called again and again.
type OpenDurable func(t *testing.T, bounds outbox.Bounds) (box outbox.Outbox, restart func() outbox.Outbox)

// RunDurable holds an outbox against what it promises beyond [Run]: that its
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
		{"KeepsCountingIDs", keepsCountingIDs},
		{"KeepsCountingBounds", keepsCountingBounds},
		{"KeepsTheMark", keepsMark},
		{"CloseLosesNothing", closeLosesNothing},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

// over is a moment at which every lease of this suite has ended.
func over() time.Time { return time.Now().Add(lease + time.Second) }

func keepsRecordsOverRestart(t *testing.T, open OpenDurable) {
	box, restart := open(t, roomy)
	now := time.Now()
	body := bytes.Repeat([]byte("\x00\xff\n{}"), 1000)
	put(t, box, outbox.Record{Key: []byte("key"), Body: body, Accepted: now, Low: true})
	put(t, box, outbox.Record{Accepted: now.Add(-time.Hour)})
	got := take(t, restart(), over(), 9)
	if len(got) != 2 {
		t.Fatalf("took %d records, want 2", len(got))
	}
	if r := got[0]; string(r.Key) != "key" || !bytes.Equal(r.Body, body) || !r.Low || r.Attempts != 0 || r.Err != nil {
		t.Errorf("took key %q, %d bytes, low %v, %d attempts, %v; not what was put", r.Key, len(r.Body), r.Low, r.Attempts, r.Err)
	}
	if r := got[1]; len(r.Key) != 0 || len(r.Body) != 0 || r.Low {
		t.Errorf("took %+v, want an empty record", r)
	}
	for i, want := range []time.Time{now, now.Add(-time.Hour)} {
		if got[i].Accepted.Sub(want).Abs() > time.Millisecond {
			t.Errorf("accepted at %v, want %v", got[i].Accepted, want)
		}
	}
}

func keepsOrderOverRestart(t *testing.T, open OpenDurable) {
	box, restart := open(t, roomy)
	putMany(t, box, 50)
	box = restart()
	put(t, box, record("0050"))
	box = restart()
	got := bodies(take(t, box, over(), 99))
	if len(got) != 51 || !slices.IsSorted(got) {
		t.Errorf("took %v, want 51 in the order of Put", got)
	}
}

func keepsAttemptsAndDelays(t *testing.T, open OpenDurable) {
	box, restart := open(t, roomy)
	putMany(t, box, 3)
	taken := take(t, box, time.Now(), 3)
	due := time.Now().Add(4 * time.Minute)
	settle(t, box,
		outbox.Outcome{ID: taken[0].ID, RetryAt: due, Attempts: 2},
		outbox.Outcome{ID: taken[1].ID, RetryAt: time.Now(), Attempts: 7},
		outbox.Outcome{ID: taken[2].ID, RetryAt: time.Now(), Attempts: 1})
	box = restart()
	got, next, err := box.Take(over(), 9, lease)
	if names := bodies(got); err != nil || !slices.Equal(names, []string{"0002", "0001"}) || got[1].Attempts != 7 {
		t.Errorf("took %v, %v; want 0002 before 0001, and no 0000", names, err)
	}
	checkNext(t, box, next, due)
	if late := take(t, box, due.Add(time.Second), 9); len(late) == 0 || late[0].Attempts != 2 {
		t.Errorf("took %v when 0000 was due, want it with 2 attempts", late)
	}
}

func givesLeasedOutAgain(t *testing.T, open OpenDurable) {
	box, restart := open(t, roomy)
	putMany(t, box, 3)
	take(t, box, time.Now(), 2)
	if got := bodies(take(t, restart(), over(), 9)); !slices.Equal(got, []string{"0000", "0001", "0002"}) {
		t.Errorf("took %v after a crash, want all 3, oldest first", got)
	}
}

func forgetsSettled(t *testing.T, open OpenDurable) {
	box, restart := open(t, roomy)
	putMany(t, box, 4)
	taken := take(t, box, time.Now(), 3)
	settle(t, box, outbox.Outcome{ID: taken[0].ID, Remove: true}, outbox.Outcome{ID: taken[2].ID, Remove: true})
	box = restart()
	checkLen(t, box, 2)
	if got := bodies(take(t, box, over(), 9)); !slices.Equal(got, []string{"0001", "0003"}) {
		t.Errorf("took %v, want what was not settled", got)
	}
}

func keepsCountingIDs(t *testing.T, open OpenDurable) {
	box, restart := open(t, roomy)
	old := put(t, box, record("settled"))
	put(t, box, record("kept"))
	settle(t, box, outbox.Outcome{ID: take(t, box, time.Now(), 1)[0].ID, Remove: true})
	_, last := box.Len()
	box = restart()
	if _, found := box.Len(); !box.Shared() && found != last {
		t.Errorf("the last id is %v after a restart, and was %v", found, last)
	}
	if id := put(t, box, record("new")); !box.Shared() && (!id.After(last) || !id.After(old)) {
		t.Errorf("Put after a restart = %v, which is not after %v", id, last)
	}
}

func keepsCountingBounds(t *testing.T, open OpenDurable) {
	box, restart := open(t, outbox.Bounds{Events: 3, Bytes: 10})
	put(t, box, record("1234"))
	box = restart()
	put(t, box, record("1234"))
	if _, err := box.Put(record("123")); !errors.Is(err, outbox.ErrFull) {
		t.Errorf("Put of the 11th byte = %v, want ErrFull", err)
	}
	put(t, box, record("1"))
	if _, err := box.Put(record("")); !errors.Is(err, outbox.ErrFull) {
		t.Errorf("Put of the 4th record = %v, want ErrFull", err)
	}
}

func keepsMark(t *testing.T, open OpenDurable) {
	box, restart := open(t, roomy)
	if box.Shared() {
		keepsMarks(t, box, restart)
		return
	}
	identify := func(mark, want string) {
		t.Helper()
		if previous, err := box.Identify(mark); err != nil || previous != want {
			t.Errorf("Identify(%q) = %q, %v; want %q", mark, previous, err, want)
		}
	}
	identify("a", "")
	put(t, box, record("x"))
	box = restart()
	identify("a", "a")
	identify("b", "a")
	box = restart()
	identify("b", "b")
}

// A shared outbox keeps the mark with each record.
func keepsMarks(t *testing.T, box outbox.Outbox, restart func() outbox.Outbox) {
	t.Helper()
	for _, mark := range []string{"a", "b"} {
		if previous, err := box.Identify(mark); err != nil || previous != "" {
			t.Errorf("Identify(%q) = %q, %v; want nothing", mark, previous, err)
		}
		put(t, box, record("of "+mark))
		box = restart()
	}
	got := take(t, box, over(), 9)
	if len(got) != 2 || got[0].Mark != "a" || got[1].Mark != "b" {
		t.Errorf("took %+v, want the marks a and b", got)
	}
}

func closeLosesNothing(t *testing.T, open OpenDurable) {
	box, restart := open(t, roomy)
	putMany(t, box, 3)
	take(t, box, time.Now(), 1)
	lost, err := box.Close()
	if err != nil || len(lost) != 0 {
		t.Errorf("Close = %d lost, %v", len(lost), err)
	}
	checkLen(t, box, 3)
	if got := take(t, restart(), over(), 9); len(got) != 3 {
		t.Errorf("took %d after Close and a restart, want 3", len(got))
	}
}
