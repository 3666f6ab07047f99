package bbredis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/storetest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

const lease = 10 * time.Second

func event(body string) store.Record {
	return store.Record{Body: []byte(body)}
}

func put(tb testing.TB, o *outbox, bodies ...string) {
	tb.Helper()
	for _, body := range bodies {
		if _, err := o.Put(event(body)); err != nil {
			tb.Fatalf("Put = %v", err)
		}
	}
}

// handOver hands over and settles what was, as the client does.
func handOver(tb testing.TB, o *outbox) {
	tb.Helper()
	ids, err := o.Sync(tb.Context())
	if err != nil {
		tb.Fatalf("Sync = %v", err)
	}
	for _, id := range ids {
		remove(tb, o, id)
	}
}

func take(tb testing.TB, o *outbox, max int) []store.Record {
	tb.Helper()
	return takeFor(tb, o, max, lease)
}

func takeFor(tb testing.TB, o *outbox, max int, lease time.Duration) []store.Record {
	tb.Helper()
	var records []store.Record
	for len(records) < max {
		r, found, wait, err := o.Take(false, lease)
		switch {
		case err != nil:
			tb.Fatalf("Take = %v", err)
		case found:
			records = append(records, r)
		case wait != time.Millisecond: // to be asked again at once
			return records
		}
	}
	return records
}

func remove(tb testing.TB, o *outbox, id store.ID) {
	tb.Helper()
	storetest.Settle(tb, o, store.Outcome{ID: id, Remove: true})
}

func retry(tb testing.TB, o *outbox, r store.Record) {
	tb.Helper()
	storetest.Settle(tb, o, store.Outcome{ID: r.ID, Attempts: r.Attempts + 1})
}

func wantBodies(tb testing.TB, records []store.Record, want ...string) {
	tb.Helper()
	var got []string
	for _, r := range records {
		got = append(got, string(r.Body))
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		tb.Fatalf("took %q, want %q", got, want)
	}
}

// wantEmpty checks that nothing is left of a prefix.
func wantEmpty(tb testing.TB, rdb redis.UniversalClient, prefix string) {
	tb.Helper()
	k := newKeys(prefix)
	for _, key := range k.all() {
		if do(tb, rdb, "EXISTS", key) != int64(0) {
			tb.Errorf("%s is left", key)
		}
	}
}

// What is accepted while Redis is away waits, is counted, and moves over. After
// a failure Take does not ask for a second.
func TestRedisAway(t *testing.T) {
	s := startServer(t)
	rdb := s.client()
	o := newOutbox(rdb, "bot")
	s.kill()
	put(t, o, "a", "b")
	ids, err := o.Sync(t.Context())
	if err == nil || len(ids) != 0 || !strings.Contains(err.Error(), "2 events in memory") {
		t.Errorf("Sync = %v, %v; want an error with the number of events", ids, err)
	}
	count := new(trips)
	rdb.AddHook(count)
	for _, paused := range []bool{true, false, true} { // Sync began a pause, and so does Take
		r, found, _, err := o.Take(false, lease)
		if err == nil || found || !strings.Contains(err.Error(), "cannot be reached") {
			t.Errorf("Take = %q, %v; want an error", r.Body, err)
		}
		if n := count.n.Swap(0); (n == 0) != paused {
			t.Errorf("Redis was asked %d times, in a pause: %v", n, paused)
		}
		if paused {
			o.pause = time.Time{}
		}
	}
	s.start()
	if ids, err := o.Sync(t.Context()); err != nil || len(ids) != 2 {
		t.Errorf("Sync once Redis is back = %v, %v; want both", ids, err)
	}
	wantBodies(t, take(t, o, 2), "a", "b")
}

// Redis is killed between any two steps of an event.
func TestRedisKilledAndRestarted(t *testing.T) {
	s := startServer(t)
	rdb := s.client()
	o := newOutbox(rdb, "bot")
	restart := func() {
		s.kill()
		s.start()
		_ = rdb.Ping(t.Context()).Err() // spends the connection that was cut
	}
	put(t, o, "a", "b")
	restart()
	handOver(t, o)
	restart()
	taken := take(t, o, 2)
	wantBodies(t, taken, "a", "b")
	restart()
	remove(t, o, taken[0].ID)
	retry(t, o, taken[1])
	restart()
	handOver(t, o)
	restart()
	again := take(t, o, 2)
	wantBodies(t, again, "b")
	if again[0].Attempts != 1 || again[0].ID != taken[1].ID {
		t.Errorf("took %+v, want it with its id and 1 attempt", again[0])
	}
	remove(t, o, again[0].ID)
	handOver(t, o)
	wantEmpty(t, rdb, "bot")
}

func TestScriptsAreForgotten(t *testing.T) {
	rdb, prefix := connect(t)
	o, th := newOutbox(rdb, prefix), NewThrottle(rdb, prefix).Shared()
	for i := range 3 {
		do(t, rdb, "SCRIPT", "FLUSH")
		put(t, o, fmt.Sprint(i))
		taken := take(t, o, 9)
		wantBodies(t, taken, fmt.Sprint(i))
		remove(t, o, taken[0].ID)
		if won, err := th.Claim(t.Context(), throttle.Activity{Slot: 7, Key: "same"}, time.Minute); err != nil || !won {
			t.Errorf("Claim = %v, %v", won, err)
		}
	}
	do(t, rdb, "SCRIPT", "FLUSH")
	handOver(t, o)
	wantEmpty(t, rdb, prefix)
}

// Of a settled event nothing is left, while others wait.
func TestNothingIsLeftOfWhatIsSettled(t *testing.T) {
	rdb, prefix := connect(t)
	k := newKeys(prefix)
	o := newOutbox(rdb, prefix)
	put(t, o, "1234", "stays")
	for range 2 {
		retry(t, o, take(t, o, 1)[0])
		handOver(t, o)
	}
	for _, r := range take(t, o, 2) {
		if string(r.Body) == "1234" {
			remove(t, o, r.ID)
		}
	}
	handOver(t, o)
	for key, want := range map[string]int64{k.leased: 1, k.later: 0, k.ready: 0} {
		if n := do(t, rdb, "ZCARD", key); n != want {
			t.Errorf("%s has %v, want %v", key, n, want)
		}
	}
	if n := length(t, rdb, prefix); n != 1 {
		t.Errorf("%d events are left, want 1", n)
	}
	if n := do(t, rdb, "HGET", k.events, "bytes"); n != "5" {
		t.Errorf("%v bytes are counted, want 5", n)
	}
}

// Somebody deletes the keys, or what they hold, while events are in every state.
// What comes later is delivered, and nothing of before stays for ever.
func TestKeysDeleted(t *testing.T) {
	all := newKeys("").all()
	for name, deleted := range map[string][]string{"all": all, "events": all[:1]} {
		t.Run(name, func(t *testing.T) {
			rdb, prefix := connect(t)
			o := newOutbox(rdb, prefix)
			put(t, o, "leased", "later")
			taken := take(t, o, 2)
			put(t, o, "fresh")
			handOver(t, o)
			retry(t, o, taken[1])
			handOver(t, o)
			do(t, rdb, append([]any{"DEL"}, anys(newKeys(prefix).all()[:len(deleted)])...)...)
			remove(t, o, taken[0].ID)
			put(t, o, "new")
			again := take(t, o, 9)
			wantBodies(t, again, "new")
			remove(t, o, again[0].ID)
			handOver(t, o)
			wantEmpty(t, rdb, prefix)
		})
	}
}

// A key that is something else is an error that names the trouble, for as long
// as it lasts.
func TestKeyOfAnotherType(t *testing.T) {
	rdb, prefix := connect(t)
	events := newKeys(prefix).events
	o := newOutbox(rdb, prefix)
	do(t, rdb, "SET", events, "a string")
	put(t, o, "a")
	if _, err := o.Sync(t.Context()); err == nil || !strings.Contains(err.Error(), "WRONGTYPE") {
		t.Errorf("Sync = %v, want WRONGTYPE", err)
	}
	if _, _, _, err := o.Take(false, lease); err == nil || !strings.Contains(err.Error(), "WRONGTYPE") {
		t.Errorf("Take = %v, want WRONGTYPE", err)
	}
	do(t, rdb, "DEL", events)
	handOver(t, o)
	wantBodies(t, take(t, o, 1), "a")
}

// A Redis that is full takes no more events, and gives out what it has; settled
// events make room.
func TestRedisOutOfMemory(t *testing.T) {
	s := startServer(t, "--maxmemory-policy", "noeviction")
	rdb := s.client()
	o := newOutbox(rdb, "bot")
	put(t, o, "a", "b", "c")
	handOver(t, o)
	retry(t, o, take(t, o, 1)[0])
	handOver(t, o)

	do(t, rdb, "CONFIG", "SET", "maxmemory", "1")
	put(t, o, "d")
	if _, err := o.Sync(t.Context()); err == nil || !strings.Contains(err.Error(), "OOM") {
		t.Errorf("Sync = %v, want OOM", err)
	}
	taken := take(t, o, 9)
	wantBodies(t, taken, "b", "c", "a")
	retry(t, o, taken[2])
	remove(t, o, taken[0].ID)
	remove(t, o, taken[1].ID)
	_, _ = o.Sync(t.Context())
	if n := length(t, rdb, "bot"); n != 1 {
		t.Errorf("%v events are left, want 1", n)
	}
	wantBodies(t, take(t, o, 9), "a")

	do(t, rdb, "CONFIG", "SET", "maxmemory", "0")
	handOver(t, o)
	wantBodies(t, take(t, o, 9), "d")
}

func TestNilClient(t *testing.T) {
	var none *redis.Client
	for _, rdb := range []redis.UniversalClient{nil, none} {
		o := newOutbox(rdb, "bot")
		if _, err := o.Put(event("a")); !errors.Is(err, errNoClient) {
			t.Errorf("Put = %v", err)
		}
		if _, _, _, err := o.Take(false, lease); !errors.Is(err, errNoClient) {
			t.Errorf("Take = %v", err)
		}
		if lost, err := o.Close(); err != nil || len(lost) > 0 {
			t.Errorf("Close = %v, %v", lost, err)
		}
		if _, err := NewThrottle(rdb, "bot").Shared().Claim(t.Context(), throttle.Activity{Slot: 7, Key: "key"}, time.Minute); !errors.Is(err, errNoClient) {
			t.Errorf("Claim = %v", err)
		}
	}
}

// mute is a connection that loses answers.
type mute struct {
	*trips
	lost int // answers that are still to be lost
}

func (m *mute) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if err == nil && m.lost > 0 {
			m.lost--
			return io.ErrUnexpectedEOF
		}
		return err
	}
}

// A hand-over whose answer was lost is made again, and adds nothing twice: not
// what waits, nor what another replica sends by then.
func TestHandedOverAgain(t *testing.T) {
	rdb, prefix := connect(t)
	o, other := newOutbox(rdb, prefix), newOutbox(rdb.WithTimeout(time.Second), prefix)
	handOver(t, o)
	take(t, o, 1) // Redis has the script
	rdb.AddHook(&mute{new(trips), 4})
	put(t, o, "a", "b")
	for range 2 {
		if _, err := o.Sync(t.Context()); err == nil {
			t.Error("Sync = nil, though there was no answer")
		}
	}
	taken := take(t, other, 1)
	wantBodies(t, taken, "a")
	for o.isQueued() {
		_, _ = o.Sync(t.Context())
	}
	wantBodies(t, take(t, newOutbox(rdb, prefix), 9), "b")
	if n := do(t, rdb, "HGET", newKeys(prefix).events, "bytes"); n != "2" {
		t.Errorf("%v bytes are counted, want 2", n)
	}
	if n := length(t, rdb, prefix); n != 2 {
		t.Errorf("%d events are in Redis, want 2", n)
	}
}
