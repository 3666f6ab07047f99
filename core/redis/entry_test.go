package bbredis

import (
	"strings"
	"testing"
)

// Events that something else wrote are given up one by one, and hold up nothing.
func TestForeignEvents(t *testing.T) {
	rdb, prefix := connect(t)
	k := newKeys(prefix)
	o := newOutbox(rdb, prefix)
	for i, text := range []string{"", "value", "soon 1 fingerprint\nb", "1763856000000 1\nb", "99999999999999999999999999 1 f\nb"} {
		do(t, rdb, "HSET", k.events, 1000+i, text)
		do(t, rdb, "ZADD", k.ready, 1000+i, 1000+i)
	}
	put(t, o, "ours")
	taken := take(t, o, 99)
	wantBodies(t, taken, "", "", "", "", "", "ours")
	for i, r := range taken {
		if broken := i < 5; (r.Err != nil) != broken {
			t.Errorf("event %d: Err = %v", i, r.Err)
		}
		remove(t, o, r.ID)
	}
	handOver(t, o)
	wantEmpty(t, rdb, prefix)
}

func FuzzReadEntry(f *testing.F) {
	const now = 1763856000500
	f.Add(int64(1), int64(1), "1763856000000 1 bb-bot.ru 0123\n{}")
	f.Add(int64(0), int64(-1), "")
	f.Add(int64(-1), int64(1<<62), "-9223372036854775808 0 \n")
	f.Fuzz(func(t *testing.T, id, attempts int64, text string) {
		r, ok := readEntry([]any{id, attempts, text}, now)
		if !ok || r.ID.Hi != redisID || r.Age < 0 || r.Err == nil && !strings.HasSuffix(text, "\n"+string(r.Body)) {
			t.Errorf("readEntry = %+v, %v", r, ok)
		}
		for _, entry := range []any{nil, text, []any{id}, []any{nil, nil, nil}, []any{text, attempts, id}} {
			if _, ok := readEntry(entry, now); ok {
				t.Errorf("%v was read as an event", entry)
			}
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
