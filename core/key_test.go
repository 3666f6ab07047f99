package bb_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

var update = flag.Bool("update", false, "write golden files anew")

// golden compares got with a file of testdata.
func golden(t *testing.T, file, got string) {
	t.Helper()
	file = "testdata/" + file
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s does not match.\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}

var uuidV4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// Keys in flight at an upgrade must not change, or their events count twice.
func TestKeysAreStable(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.Capture = everything })
	tracker := rec.Client().Observe(message("/start ref"))
	tracker.ChoiceMade(bb.Payload{"team": "bra", "round": 2})
	tracker.ChoiceMade(bb.Payload{"round": 2, "team": "bra"})
	tracker.For(8, -100).ChoiceMade(bb.Payload{"team": "bra", "round": 2})
	tracker.Track("order_paid", nil)
	rec.Client().Observe(bb.Update{BotID: 42, ID: 1002, Kind: "channel_post", ChatID: -100, ChatType: "channel"})
	var lines strings.Builder
	for _, ev := range rec.Events() {
		if !uuidV4.MatchString(ev.IdempotencyKey) {
			t.Errorf("%q is not a version 4 UUID", ev.IdempotencyKey)
		}
		fmt.Fprintf(&lines, "%s %d %d %s\n", ev.Name, ev.UserID, ev.ChatID, ev.IdempotencyKey)
	}
	golden(t, "keys.golden", lines.String())
}

func TestEveryPartOfAnUpdateIsInTheKey(t *testing.T) {
	base := bb.Update{BotID: 42, ID: 1, Kind: "message", UserID: 7, ChatID: 7}
	changes := map[string]func(*bb.Update){
		"nothing": func(*bb.Update) {},
		"bot":     func(u *bb.Update) { u.BotID = 43 },
		"update":  func(u *bb.Update) { u.ID = 2 },
		"user":    func(u *bb.Update) { u.UserID = 8 },
		"chat":    func(u *bb.Update) { u.ChatID = 8 },
		"no bot":  func(u *bb.Update) { u.BotID = 0 },
	}
	seen := make(map[string]string)
	for name, change := range changes {
		u := base
		change(&u)
		key := keyOf(t, u, "order_paid", bb.Payload{"n": 1})
		if other, taken := seen[key]; taken {
			t.Errorf("changing %s and changing %s give one key", name, other)
		}
		seen[key] = name
		if again := keyOf(t, u, "order_paid", bb.Payload{"n": 1}); again != key {
			t.Errorf("changing %s: the key is not the same the second time", name)
		}
	}
	for _, other := range []string{keyOf(t, base, "order_paid", bb.Payload{"n": 2}), keyOf(t, base, "order_made", bb.Payload{"n": 1})} {
		if _, taken := seen[other]; taken {
			t.Error("name or payload is not in the key")
		}
	}
}

// An automatic event exists once in an update, whatever the door by which the
// update came knows of it.
func TestAutomaticKeysDependOnWhoAndWhereOnly(t *testing.T) {
	keys := func(change func(*bb.Update)) (keys []string) {
		u := message("/start ref")
		change(&u)
		rec := recorder(t, everything)
		rec.Client().Observe(u)
		for _, ev := range rec.Events() {
			keys = append(keys, ev.IdempotencyKey)
		}
		return keys
	}
	want := keys(func(*bb.Update) {})
	for name, change := range map[string]func(*bb.Update){
		"chat type": func(u *bb.Update) { u.ChatType = "" },
		"parameter": func(u *bb.Update) { u.Text = "/start" },
		"date":      func(u *bb.Update) { u.Date = time.Unix(1700000000, 0) },
	} {
		if got := keys(change); !slices.Equal(got, want) {
			t.Errorf("another %s changes the keys: %q, and were %q", name, got, want)
		}
	}
	for name, change := range map[string]func(*bb.Update){
		"bot":    func(u *bb.Update) { u.BotID = 43 },
		"update": func(u *bb.Update) { u.ID++ },
		"user":   func(u *bb.Update) { u.UserID = 8 },
		"chat":   func(u *bb.Update) { u.ChatID = 8 },
	} {
		for _, key := range keys(change) {
			if slices.Contains(want, key) {
				t.Errorf("another %s gives the key %s again", name, key)
			}
		}
	}
}

// Who sends user_started again, for an update that emitted it, sends it in vain.
func TestUserStartedExistsOnceInAnUpdate(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	tracker := rec.Client().Observe(message("/start"))
	tracker.Track(bb.EventUserStarted, bb.Payload{"handler": "mine"})
	tracker.Track(bb.EventUserStarted, nil)
	rec.Want(bb.EventUserStarted, 1)
}

// The one bot that a client has seen stands in where an update names none.
func TestUpdatesWithoutABot(t *testing.T) {
	keyOf := func(bot, update int64) string {
		rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
		if bot != 0 {
			rec.Client().Observe(bb.Update{BotID: bot, ID: 1})
		}
		rec.Client().Bind(bb.Update{ID: update}).Track("x", nil)
		return rec.Want("x", 1)[0].IdempotencyKey
	}
	known, unknown := keyOf(42, 5), keyOf(0, 5)
	if again := keyOf(42, 5); known != again || known == keyOf(43, 5) {
		t.Error("the bot that was seen does not stand in")
	}
	if again := keyOf(0, 5); unknown != again || unknown == known {
		t.Error("without any bot the key is not that of this process")
	}
	rec := bbtest.NewRecorder(t)
	rec.Client().Observe(bb.Update{BotID: 42, ID: 1, UserID: 1})
	rec.Client().Observe(bb.Update{BotID: 43, ID: 1, UserID: 2})
	rec.Client().Bind(bb.Update{ID: 5}).Track("x", nil)
	if got := rec.Want("x", 1)[0].IdempotencyKey; got != unknown {
		t.Error("one of several bots stands in")
	}
}

// keyOf returns the key of an event that a handler of u sends.
func keyOf(t *testing.T, u bb.Update, name string, p bb.Payload) string {
	t.Helper()
	rec := bbtest.NewRecorder(t)
	rec.Client().Observe(u).Track(name, p)
	return rec.Want(name, 1)[0].IdempotencyKey
}

func TestKeysWithoutAnUpdateAreRandom(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	for range 2 {
		rec.Client().Send(bb.Event{Name: "a"})
		rec.Client().For(7, 7).Track("a", nil)
		rec.Client().Observe(bb.Update{BotID: 42, UserID: 7}).Track("a", nil)
	}
	seen := make(map[string]bool)
	for _, ev := range rec.Want("a", 6) {
		if seen[ev.IdempotencyKey] || !uuidV4.MatchString(ev.IdempotencyKey) {
			t.Errorf("key %q is not new, or no version 4 UUID", ev.IdempotencyKey)
		}
		seen[ev.IdempotencyKey] = true
	}
}

func TestOwnKeys(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	for _, key := range []string{"3f1d5a52-8a0b-4c55-9a52-0a3c5a3e0b11", "3F1D5A52-8A0B-4C55-9A52-0A3C5A3E0B11", "order-1", "order-1", "order-2", `quote"d`,
		"a3f1d5a52-8a0b-4c55-9a52-0a3c5a3e0b11p", "a3f1d5a52-8a0b-4c55-9a52-0a3c5a3e0b11r"} {
		rec.Client().Send(bb.Event{Name: "order_paid", IdempotencyKey: key})
	}
	var keys []string
	for _, ev := range rec.Want("order_paid", 6) {
		keys = append(keys, ev.IdempotencyKey)
	}
	if got, _ := json.Marshal(keys); string(got) != `["3f1d5a52-8a0b-4c55-9a52-0a3c5a3e0b11","order-1","order-2","quote\"d","a3f1d5a52-8a0b-4c55-9a52-0a3c5a3e0b11p","a3f1d5a52-8a0b-4c55-9a52-0a3c5a3e0b11r"]` {
		t.Errorf("keys = %s", got)
	}
	if got := rec.Client().Stats().Duplicates; got != 2 {
		t.Errorf("Duplicates = %d, want 2", got)
	}
}

// Bodies are compared byte by byte: the API's other readers were written for
// what the Python SDK sends.
func TestWire(t *testing.T) {
	at := time.Date(2026, 11, 22, 22, 35, 0, 123456789, time.FixedZone("MSK", 3*60*60))
	api := &bodies{}
	client := newClient(t, api, func(cfg *bb.Config) { cfg.MaxInFlight = 1 })
	key := func(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
	for i, ev := range []bb.Event{
		{Name: "user_started", UserID: 7, ChatID: 7, Payload: bb.Payload{"source": "telegram", "handler": "start"}},
		{Name: "nobody"},
		{Name: "group", UserID: 1 << 51, ChatID: -1001234567890},
		{Name: "types", Payload: bb.Payload{
			"string": "a", "int": 1, "int8": int8(-2), "int64": int64(1) << 53, "uint": uint(3), "float": 1.5, "exponent": 1e21,
			"true": true, "null": nil, "bytes": []byte("x"), "list": []any{1, "a"}, "time": at, "raw": json.RawMessage(`{"a":1}`), "number": json.Number("12"),
		}},
		{Name: "text", Payload: bb.Payload{"quote": `"\`, "html": "<a&b>", "line": "a\nb", "cyrillic": "Бразилия", "emoji": "🇧🇷", "separator": "\u2028", "broken": "a\xffb", "zero": "\x00"}},
	} {
		ev.OccurredAt, ev.IdempotencyKey = at, key(i)
		client.Send(ev)
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "wire.golden", api.text())
}
