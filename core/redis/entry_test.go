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
	o := NewOutbox(rdb, prefix)
	huge := strings.Repeat("x", longestField+1)
	for _, entry := range [][]any{
		{"0-5", "name", "value"},
		{"0-6", "body", "only"},
		{"0-7", "body", "b", "key", "k", "at", "soon", "low", "yes", "mark", "", "more", "of it"},
		{"1-0", "body", huge},
		{"1-1", "body", "b", "key", huge, "at", "99999999999999999999999999"},
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
		if r.Low || r.Accepted.Before(time.Unix(0, 0)) {
			t.Errorf("entry %d: %+v", i, r)
		}
		remove(t, o, r.ID)
	}
	handOver(t, o)
	wantEmpty(t, rdb, prefix)
}

func FuzzReadEntry(f *testing.F) {
	f.Add("1763856000000-0", int64(1), "body", "key", "1763856000000000000", "1", "mark")
	f.Add("0-0", int64(-1), "", "", "", "", "")
	f.Add("-", int64(1<<62), "", "", "-9223372036854775808", "", "")
	f.Add("18446744073709551615-18446744073709551615", int64(0), "", "", "9223372036854775807", "", "")
	f.Fuzz(func(t *testing.T, id string, attempts int64, body, key, at, low, mark string) {
		r, ok := readEntry([]any{id, attempts, body, key, at, low, mark})
		if ok && (r.ID.Hi&streamID == 0 || r.Attempts < 0 || string(r.Body) != body || r.Err != nil) {
			t.Errorf("readEntry = %+v", r)
		}
		for _, entry := range []any{nil, id, []any{id}, []any{nil, nil, nil, nil, nil, nil, nil}, []any{id, body, attempts, at, nil, low, key}} {
			_, _ = readEntry(entry)
		}
	})
}

func TestAnswersThatAreNone(t *testing.T) {
	for _, answer := range [][]any{nil, {}, {int64(1)}, {int64(0), "x", int64(0), int64(0)}, {nil, int64(0), int64(0), int64(0)}} {
		if _, err := readTaken(&call{answer: answer}); err == nil {
			t.Errorf("%v was read as an answer", answer)
		}
		if _, err := loadOf(&call{answer: answer[min(len(answer), 1):min(len(answer), 2)]}); err == nil {
			t.Errorf("%v was read as a load", answer)
		}
	}
}
