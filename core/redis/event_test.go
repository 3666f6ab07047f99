package bbredis

import (
	"cmp"
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
	ours := func(n uint64) string { return nameOf(o.process, store.ID{Lo: n}) }
	foreign := map[string]string{
		ours(101): "", ours(102): "value", ours(103): "soon true 2 3 \"f\"\nb", ours(104): "1763856000000 true 2 3\nb",
		ours(105): "99999999999999999999999999 true 2 3 \"f\"\nb", "1234": "1763856000000 true 2 3 \"f\"\nb", "zzz\nzzz": "1763856000000 true 2 3 \"f\"\nb",
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

func TestNames(t *testing.T) {
	last := ""
	for _, id := range []store.ID{{Hi: redisID, Lo: 1}, {Hi: redisID, Lo: 9}, {Hi: redisID, Lo: 10}, {Hi: redisID | 77, Lo: 1<<44 - 1}, {Hi: 1<<64 - 1, Lo: 0}} {
		name := nameOf(id.Hi, id)
		if r, err := readEvent(name, "7", `1763856000000 true 14 0 "f"`+"\n{}", time.Now()); err != nil || r.Err != nil || r.ID != id {
			t.Errorf("%v is %s, which is read as %v, %v", id, name, r.ID, cmp.Or(err, r.Err))
		}
		if len(name) != 27 || name <= last {
			t.Errorf("%s, after %s", name, last)
		}
		last = name
	}
}

func FuzzReadEvent(f *testing.F) {
	now := time.UnixMilli(1763856000500)
	f.Add("8000000000000001000000000a1", "1025", "1763856000000 true 14 0 \"bb-bot.ru 0123\"\n{}")
	f.Add("", "-1", "")
	f.Add("", "", "")
	f.Add("1", "4611686018427387904", "-9223372036854775808 false 0 0 \"\"\n")
	f.Fuzz(func(t *testing.T, name, token, text string) {
		r, err := readEvent(name, token, text, now)
		if err == nil && (r.name != name || r.ID.Hi&redisID == 0 || r.Age < 0 || r.Attempts < 0 || r.Err == nil && !strings.HasSuffix(text, string(r.Body))) {
			t.Errorf("readEvent = %+v", r)
		}
	})
}

func TestAnswersThatAreNone(t *testing.T) {
	event := []string{"8000000000000001000000000a1", "1025", "1763856000000 true 14 0 \"f\"\n{}"}
	a, err := readAnswer(append([]string{"", "1 2 3 4"}, event...))
	if err != nil || a.load != (load{1, 2}) || a.wait != 4*time.Millisecond || len(a.records) != 1 || a.records[0].Attempts != 1 {
		t.Errorf("readAnswer = %+v, %v", a, err)
	}
	for _, values := range [][]string{
		nil, {""}, {"", ""}, {"", "1 2 3"}, {"", "1 x 3 4"}, {"", "1 2 3 4", "x"}, {"", "1 2 3 4", "x", "1"}, {"", "1 2 3 4", "x", "", "y"},
	} {
		if _, err := readAnswer(values); err == nil {
			t.Errorf("%v was read as an answer", values)
		}
	}
}
