package bbredis

import (
	"strings"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// Events that something else wrote are given up one by one, and hold up nothing.
func TestForeignEvents(t *testing.T) {
	rdb, prefix := connect(t)
	k := newKeys(prefix)
	o := newOutbox(rdb, prefix)
	ours := func(n uint64) string { return idText(store.ID{Hi: o.process, Lo: n}) }
	foreign := map[string]string{
		ours(101): "", ours(102): "value", ours(103): "soon true 2 3 fingerprint\nb", ours(104): "1763856000000 true 2 3\nb",
		ours(105): "99999999999999999999999999 true 2 3 f\nb", "1234": "1763856000000 true 2 3 f\nb", "zzz\nzzz": "1763856000000 true 2 3 f\nb",
	}
	for id, text := range foreign {
		do(t, rdb, "HSET", k.events, id, text)
		do(t, rdb, "ZADD", k.ready, 1000, id)
	}
	put(t, o, "ours")
	taken := take(t, o, 99)
	if len(taken) != len(foreign)+1 {
		t.Errorf("took %d, want %d", len(taken), len(foreign)+1)
	}
	for i, r := range taken {
		if broken := i < len(foreign); (r.Err != nil) != broken {
			t.Errorf("event %d: Err = %v", i, r.Err)
		}
		remove(t, o, r.ID)
	}
	handOver(t, o)
	wantEmpty(t, rdb, prefix)
}

func TestIDs(t *testing.T) {
	last := ""
	for _, id := range []store.ID{{Hi: redisID, Lo: 1}, {Hi: redisID, Lo: 9}, {Hi: redisID, Lo: 10}, {Hi: redisID | 77, Lo: 1<<44 - 1}, {Hi: 1<<64 - 1, Lo: 0}} {
		text := idText(id)
		if got, ok := readID(text); !ok || got != id {
			t.Errorf("%v is %s, which is read as %v, %v", id, text, got, ok)
		}
		if len(text) != 27 || text <= last {
			t.Errorf("%s, after %s", text, last)
		}
		last = text
	}
}

func FuzzReadEvent(f *testing.F) {
	const now = 1763856000500
	f.Add("8000000000000001000000000a1", int64(1), "1763856000000 true 14 0 bb-bot.ru 0123\n{}")
	f.Add("", int64(-1), "")
	f.Add("1", int64(1<<62), "-9223372036854775808 false 0 0 \n")
	f.Fuzz(func(t *testing.T, id string, attempts int64, text string) {
		r, ok := readEvent([]any{id, attempts, text}, now)
		if !ok || r.id != id || r.ID.Hi&redisID == 0 || r.Age < 0 || r.Err == nil && !strings.HasSuffix(text, "\n"+string(r.Body)) {
			t.Errorf("readEvent = %+v, %v", r, ok)
		}
		for _, event := range []any{nil, text, []any{id}, []any{nil, nil, nil}, []any{attempts, text, id}} {
			if _, ok := readEvent(event, now); ok {
				t.Errorf("%v was read as an event", event)
			}
		}
	})
}

func TestAnswersThatAreNone(t *testing.T) {
	n, none := int64(0), []any{}
	if _, ok := readAnswer([]any{"", n, n, n, n, none}, time.Second); !ok {
		t.Error("an answer was not read as one")
	}
	for _, values := range [][]any{
		nil, {}, {""}, {n, n, n, n, n, none}, {"", "x", n, n, n, none}, {"", n, nil, n, n, none}, {"", n, n, "", n, none},
		{"", n, n, n, none, none}, {"", n, n, n, n, n}, {"", n, n, n, n, []any{"x"}}, {"", n, n, n, n, none, n},
	} {
		if _, ok := readAnswer(values, time.Second); ok {
			t.Errorf("%v was read as an answer", values)
		}
	}
}
