package bbredis

import (
	"strings"
	"testing"
	"time"
)

// Entries that something else wrote are given up one by one, and hold up
// nothing.
func TestForeignEntries(t *testing.T) {
	rdb, prefix := connect(t)
	events := newKeys(prefix).events
	o := newOutbox(rdb, prefix)
	huge := strings.Repeat("x", longestField+1)
	for _, entry := range [][]any{
		{"0-5", "name", "value"},
		{"0-6", "body", "only"},
		{"0-7", "body", "b", "accepted", "soon", "sheddable", "yes", "fingerprint", "", "more", "of it"},
		{"1-0", "body", huge},
		{"1-1", "body", "b", "fingerprint", huge, "accepted", "99999999999999999999999999"},
		{"*", "body", "b", "body", "twice"},
	} {
		do(t, rdb, append([]any{"XADD", events}, entry...)...)
	}
	put(t, o, "ours")
	taken := take(t, o, 99)
	wantBodies(t, taken, "", "only", "b", "", "b", "twice", "ours")
	for i, r := range taken {
		if broken := i == 0 || i == 3; (r.Err != nil) != broken {
			t.Errorf("entry %d: Err = %v", i, r.Err)
		}
		if r.Sheddable || r.Age < 0 {
			t.Errorf("entry %d: %+v", i, r)
		}
		remove(t, o, r.ID)
	}
	handOver(t, o)
	wantEmpty(t, rdb, prefix)
}

func FuzzReadEntry(f *testing.F) {
	const now = 1763856000500
	f.Add("1763856000000-0", int64(1), "body", "1763856000000", "1", "fingerprint")
	f.Add("0-0", int64(-1), "", "", "", "")
	f.Add("-", int64(1<<62), "", "-9223372036854775808", "", "")
	f.Add("18446744073709551615-18446744073709551615", int64(0), "", "9223372036854775807", "", "")
	f.Fuzz(func(t *testing.T, id string, attempts int64, body, accepted, sheddable, fingerprint string) {
		r, ok := readEntry([]any{id, attempts, body, accepted, sheddable, fingerprint}, now)
		if ok && (r.ID.Hi&streamID == 0 || r.Attempts < 0 || r.Age < 0 || r.Age > now*time.Millisecond || string(r.Body) != body || r.Err != nil) {
			t.Errorf("readEntry = %+v", r)
		}
		for _, entry := range []any{nil, id, []any{id}, []any{nil, nil, nil, nil, nil, nil}, []any{id, body, attempts, accepted, nil, sheddable}} {
			_, _ = readEntry(entry, now)
		}
	})
}

func TestAnswersThatAreNone(t *testing.T) {
	for _, answer := range [][]any{nil, {}, {int64(1)}, {int64(0), "x", int64(0), int64(0), int64(0)}, {nil, int64(0), int64(0), int64(0), int64(0)}} {
		if _, err := readTaken(&call{answer: answer}); err == nil {
			t.Errorf("%v was read as an answer", answer)
		}
		if _, err := (&call{answer: answer}).ints(2); err == nil {
			t.Errorf("%v was read as a load", answer)
		}
	}
}
