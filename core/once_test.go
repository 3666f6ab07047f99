package bb_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// world is a bot that runs as several replicas, which are restarted, and whose
// updates Telegram delivers more than once, to any of them.
type world struct {
	t        *testing.T
	random   *rand.Rand
	replicas []*bbtest.Recorder
	arrived  map[string]string // what the API got, by key
	want     int               // how many events should exist, activity aside
	handled  map[int64]bool    // updates that were delivered at least once
}

func (w *world) newReplica() *bbtest.Recorder {
	return bbtest.NewRecorder(w.t, func(cfg *bb.Config) { cfg.Capture = everything })
}

// update makes the n-th update; the same each time.
func (w *world) update(n int64) bb.Update {
	u := bb.Update{BotID: 42 + n%2, BotUsername: "bot", ID: 1000 + n/2, UserID: 1 + n%5, ChatID: 1 + n%5, ChatType: "private"}
	switch n % 3 {
	case 0:
		u.Kind, u.Text = "message", "/start ref"
	case 1:
		u.Kind, u.Text = "message", "/help"
	default:
		u.Kind, u.CallbackData = "callback_query", fmt.Sprintf("team_%d", n)
	}
	return u
}

// handle is what the bot's handler of the n-th update sends.
func (w *world) handle(n int64, tracker *bb.Tracker) {
	for range n % 4 {
		tracker.ChoiceMade(bb.Payload{"team": "bra"})
	}
	tracker.Track("order_paid", bb.Payload{"n": n, "note": "ünïcode"})
	tracker.For(99, 0).Track("order_paid", bb.Payload{"n": n, "note": "ünïcode"})
	if n%3 == 0 {
		tracker.Track(bb.EventUserStarted, bb.Payload{"handler": "mine"})
	}
}

// expect adds what the n-th update should leave at the API: one automatic
// event beside activity, and what its handler sends.
func (w *world) expect(n int64) {
	if !w.handled[n] {
		w.handled[n] = true
		w.want += 1 + int(n%4) + 2
	}
}

// deliver gives an update to a replica, where a tap, middlewares and a
// triggered second handler may each see it.
func (w *world) deliver(n int64) {
	w.expect(n)
	client := w.replicas[w.random.IntN(len(w.replicas))].Client()
	u := w.update(n)
	for range w.random.IntN(3) {
		client.Observe(u)
	}
	tracker := client.Observe(u)
	for range w.random.IntN(2) {
		client.Observe(u)
	}
	w.handle(n, tracker)
}

// collect passes what a replica sent to the API, which keeps one of each key.
func (w *world) collect(rec *bbtest.Recorder) {
	for _, ev := range rec.Events() {
		what := fmt.Sprintf("%s %d %d %v", ev.Name, ev.UserID, ev.ChatID, ev.Payload)
		if ev.Name == bb.EventUserStarted {
			what = fmt.Sprintf("%s %d %d", ev.Name, ev.UserID, ev.ChatID) // no matter who sends it
		}
		if before, ok := w.arrived[ev.IdempotencyKey]; ok && before != what {
			w.t.Fatalf("one key for two events:\n%s\n%s", before, what)
		}
		w.arrived[ev.IdempotencyKey] = what
	}
	rec.Reset()
}

func TestEachEventExistsOnce(t *testing.T) {
	seeds := 30
	if long, err := strconv.Atoi(os.Getenv("BB_CHAOS_ROUNDS")); err == nil {
		seeds = long
	}
	for seed := range uint64(seeds) {
		synctest.Test(t, func(t *testing.T) {
			w := &world{
				t: t, random: rand.New(rand.NewPCG(seed, 0)),
				arrived: make(map[string]string), handled: make(map[int64]bool),
			}
			for range 3 {
				w.replicas = append(w.replicas, w.newReplica())
			}
			for range 300 {
				time.Sleep(time.Duration(w.random.IntN(20)) * time.Second)
				switch i := w.random.IntN(len(w.replicas)); w.random.IntN(10) {
				case 0:
					w.collect(w.replicas[i])
					w.replicas[i] = w.newReplica()
				default:
					w.deliver(int64(w.random.IntN(60)))
				}
			}
			for _, rec := range w.replicas {
				w.collect(rec)
			}
			got := 0
			for _, what := range w.arrived {
				if !strings.HasPrefix(what, bb.EventActivity) {
					got++
				}
			}
			if got != w.want {
				t.Errorf("seed %d: %d events exist at the API, want %d", seed, got, w.want)
			}
		})
	}
}
