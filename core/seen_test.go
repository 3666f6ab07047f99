package bb_test

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// Doors know different parts of one update. In whatever order they see it, the
// first one counts it, and the others add nothing to the ledger.
func TestWhoSeesAnUpdateFirstCountsIt(t *testing.T) {
	whole := message("/start ref")
	doors := map[string]func(*bb.Client) *bb.Tracker{
		"tap": func(c *bb.Client) *bb.Tracker { return c.Observe(whole) },
		"adapter without a bot": func(c *bb.Client) *bb.Tracker {
			u := whole
			u.BotID, u.BotUsername = 0, ""
			return c.Observe(u)
		},
		"adapter that cannot decode the kind": func(c *bb.Client) *bb.Tracker {
			return c.Observe(bb.Update{BotID: 42, ID: whole.ID})
		},
		"adapter that cannot decode the chat": func(c *bb.Client) *bb.Tracker {
			u := whole
			u.ChatID, u.ChatType = 0, ""
			return c.Observe(u)
		},
		"Bind": func(c *bb.Client) *bb.Tracker { return c.Bind(bb.Update{BotID: 42, ID: whole.ID}) },
	}
	for range 50 { // a map has another order each time
		rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
		first := ""
		for name, see := range doors {
			if first == "" && name != "Bind" {
				first = name
			}
			tracker := see(rec.Client())
			for range 2 {
				tracker.ChoiceMade(bb.Payload{"choice_id": "x"})
			}
		}
		if n := len(rec.Want(bb.EventActivity, 1)) + len(rec.Events(bb.EventUserStarted)); n != 2 && first != "adapter that cannot decode the kind" {
			t.Fatalf("%s saw it first; %d automatic events", first, n)
		}
		for _, s := range rec.Suppressed() {
			if s.Event.Name != bb.EventChoiceMade {
				t.Fatalf("%s saw it first; suppressed: %+v", first, s)
			}
		}
	}
}

// The same handler, by each door, sends two equal choices: two exist.
func TestEqualChoicesByEachDoor(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	u := message("/start")
	for _, see := range []func(bb.Update) *bb.Tracker{rec.Client().Observe, rec.Client().Bind, rec.Client().Observe} {
		tracker := see(u)
		tracker.ChoiceMade(bb.Payload{"choice_id": "x"})
		tracker.ChoiceMade(bb.Payload{"choice_id": "x"})
	}
	rec.Want(bb.EventChoiceMade, 2)
	rec.Want(bb.EventUserStarted, 1)
}

// A door that knows less hands out a tracker of what another one knew.
func TestTrackerKnowsWhatAnotherDoorKnew(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	u := message("hello")
	u.ChatID = -5
	rec.Client().Observe(u)
	for _, u := range []bb.Update{{BotID: 42, ID: u.ID}, {ID: u.ID}} {
		rec.Client().Observe(u).Track("seen", nil)
		rec.Client().Bind(u).Track("bound", nil)
	}
	for _, name := range []string{"seen", "bound"} {
		if ev := rec.Want(name, 1)[0]; ev.UserID != 7 || ev.ChatID != -5 {
			t.Errorf("%s is of user %d in chat %d", name, ev.UserID, ev.ChatID)
		}
	}

	robot := message("hello")
	robot.ID, robot.FromBot = 2, true
	rec.Client().Observe(robot)
	rec.Client().Observe(bb.Update{BotID: 42, ID: 2}).Track("by_robot", nil)
	if ev := rec.Want("by_robot", 1)[0]; ev.UserID != 0 {
		t.Errorf("a bot became user %d", ev.UserID)
	}

	for _, u := range []bb.Update{{BotID: 42, ID: 3}, {BotID: 42, ID: 3, UserID: 7, ChatID: -5}} {
		rec.Client().Observe(u)
	}
	rec.Client().Bind(bb.Update{BotID: 42, ID: 3}).Track("late", nil)
	if ev := rec.Want("late", 1)[0]; ev.UserID != 7 || ev.ChatID != -5 {
		t.Errorf("after a door that knew more, late is of user %d in chat %d", ev.UserID, ev.ChatID)
	}
}

// Ids begin anew after a quiet week, and hand-made updates may all have one.
func TestAnotherUpdateWithTheSameID(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
	const people = 10_000 // more than are remembered
	for id := range int64(people) {
		u := message("/start")
		u.ID, u.UserID, u.ChatID = 1, 1000+id, 1000+id
		rec.Client().Observe(u)
	}
	rec.Want(bb.EventUserStarted, people)
	rec.Want(bb.EventActivity, people)
	if s := rec.Suppressed(); len(s) > 0 {
		t.Errorf("suppressed: %+v", s[0])
	}
}

// The last 8,192 updates are remembered, whatever their ids.
func TestLastUpdatesAreRemembered(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
	ids := make([]int64, 20_000)
	for i := range ids {
		ids[i] = rand.Int64()
		rec.Client().Observe(bb.Update{BotID: 42, ID: ids[i], Kind: "poll"})
	}
	for _, id := range ids[len(ids)-8192:] {
		rec.Client().Observe(bb.Update{BotID: 42, ID: id, Kind: "poll"})
	}
	rec.Want(bb.EventActivity, len(ids))
	if s := rec.Suppressed(); len(s) > 0 {
		t.Errorf("%d suppressed, the first: %+v", len(s), s[0])
	}
}

// An update whose events found no room counts when it comes again.
func TestUpdateWithoutRoomIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: until(time.Now().Add(time.Minute), 503)}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.Outbox = bb.MemoryOutbox(10) })
		sendMany(client, 10)
		client.Observe(message("/start"))
		if s := client.Stats(); s.DroppedBy[bb.DropQueueFull] != 2 {
			t.Fatalf("stats %+v, want the start and its activity dropped", s)
		}
		time.Sleep(time.Hour)
		for range 3 {
			client.Observe(message("/start"))
		}
		synctest.Wait()
		if s := client.Stats(); s.Delivered != 12 || s.Duplicates+s.Throttled != 0 {
			t.Errorf("stats %+v, want the start and its activity delivered once", s)
		}
	})
}

// Of an update of which a part found no room, that part counts when it comes again:
// the other is neither a duplicate nor throttled then.
func TestPartWithoutRoomIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: until(time.Now().Add(time.Minute), 503)}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.Outbox = bb.MemoryOutbox(10) })
		sendMany(client, 8)
		client.Observe(message("/start")) // activity is refused from 80 % on
		if s := client.Stats(); s.DroppedBy[bb.DropQueueFull] != 1 || s.Pending != 9 {
			t.Fatalf("stats %+v, want the activity dropped and the start kept", s)
		}
		time.Sleep(time.Hour)
		for range 3 {
			client.Observe(message("/start"))
		}
		synctest.Wait()
		if s := client.Stats(); s.Delivered != 10 || s.Duplicates+s.Throttled != 0 {
			t.Errorf("stats %+v, want the start and its activity delivered once, and nothing else", s)
		}
	})
}

// looking is a payload value that reads the ledger while its event is accepted.
type looking struct {
	client *bb.Client
	seen   *[]uint64
}

func (l looking) MarshalJSON() ([]byte, error) {
	*l.seen = append(*l.seen, l.client.Stats().Received)
	return []byte("1"), nil
}

// A counter that monitoring reads never goes down, as duplicates would have it that
// are taken back.
func TestReceivedNeverGoesDown(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	client, seen := rec.Client(), []uint64(nil)
	for range 3 {
		client.Bind(message("/start")).Track(bb.EventUserStarted, bb.Payload{"x": looking{client, &seen}})
		seen = append(seen, client.Stats().Received)
	}
	if !slices.IsSorted(seen) || seen[len(seen)-1] != 1 {
		t.Errorf("Received was %d", seen)
	}
}

// Each door knows another part of an update, and comes when it likes.
func TestConcurrentDoorsCountOnce(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
	const updates = 500
	var wg sync.WaitGroup
	for door := range 8 {
		wg.Go(func() {
			for id := range int64(updates) {
				u := message("/start")
				u.ID, u.UserID = 1+id, 100+id
				if door&1 != 0 {
					u.BotID = 0
				}
				if door&2 != 0 {
					u.ChatID, u.ChatType = 0, ""
				}
				if door&4 != 0 {
					rec.Client().Bind(u)
				}
				rec.Client().Observe(u).For(u.UserID, u.UserID).ChoiceMade(nil)
			}
		})
	}
	wg.Wait()
	rec.Want(bb.EventUserStarted, updates)
	rec.Want(bb.EventActivity, updates)
	rec.Want(bb.EventChoiceMade, updates)
}

// The bot of an update may be learned after its first door: its events keep
// their keys.
func TestIdentityStaysWhenTheBotIsLearned(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	u := message("/start")
	nameless := u
	nameless.BotID = 0
	rec.Client().Observe(nameless).ChoiceMade(nil)
	rec.Client().Observe(bb.Update{BotID: 42, ID: 2, Kind: "poll"}) // now the bot is known
	rec.Client().Observe(u).ChoiceMade(nil)
	rec.Client().Observe(nameless).ChoiceMade(nil)
	rec.Want(bb.EventUserStarted, 1)
	rec.Want(bb.EventChoiceMade, 1)
}

// A bot that was introduced is known, as where getMe passes a tap and updates come
// to a webhook.
func TestBotThatWasIntroducedStandsIn(t *testing.T) {
	start := func(introduce bool, bot int64) string {
		rec := bbtest.NewRecorder(t)
		if introduce {
			rec.Client().Named(42, "my_bot")
		}
		u := message("/start")
		u.BotID, u.BotUsername = bot, ""
		rec.Client().Observe(u)
		return rec.Want(bb.EventUserStarted, 1)[0].IdempotencyKey
	}
	if got, want := start(true, 0), start(false, 42); got != want {
		t.Errorf("the key is %s, want %s, that of the bot", got, want)
	}
}

// What is wrong with how the bot is wired is said once.
func TestBotThatIsNotNamedIsSaidOnce(t *testing.T) {
	bot := func(id, update int64) bb.Update { return bb.Update{BotID: id, ID: update, Kind: "poll"} }
	for name, c := range map[string]struct {
		updates []bb.Update
		want    []string
	}{
		"one bot":              {[]bb.Update{bot(42, 1), bot(42, 2), bot(0, 3)}, nil},
		"two bots":             {[]bb.Update{bot(42, 1), bot(43, 1)}, nil},
		"no bot":               {[]bb.Update{bot(0, 1), bot(0, 2), bot(42, 3), bot(0, 4)}, []string{"whose api is nil"}},
		"no update id":         {[]bb.Update{bot(0, 0), bot(0, 0)}, nil},
		"no bot, a message":    {[]bb.Update{{MessageID: 5, ChatID: 7}, {MessageID: 6, ChatID: 7}}, []string{"whose api is nil"}},
		"two bots, one silent": {[]bb.Update{bot(42, 1), bot(43, 1), bot(0, 1), bot(0, 2)}, []string{"updates of several bots"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log logLines
				rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelInfo) })
				for _, u := range c.updates {
					rec.Client().Observe(u)
				}
				synctest.Wait()
				lines := log.lines()
				if len(lines) != len(c.want) {
					t.Fatalf("lines %q, want %q", lines, c.want)
				}
				for i, want := range c.want {
					if !strings.Contains(lines[i], want) {
						t.Errorf("the line is %q, want %q in it", lines[i], want)
					}
				}
			})
		})
	}
}

// A handler that got only a message or a button has the same events after
// redelivery, restart, and of a copy; equal ones are one.
func TestKeysOfAMessageOrAButton(t *testing.T) {
	keys := make(map[string]string)
	for name, u := range map[string]bb.Update{
		"message":                {BotID: 42, MessageID: 5, ChatID: -1, UserID: 7},
		"another message":        {BotID: 42, MessageID: 6, ChatID: -1, UserID: 7},
		"message of another bot": {BotID: 43, MessageID: 5, ChatID: -1, UserID: 7},
		"message elsewhere":      {BotID: 42, MessageID: 5, ChatID: -2, UserID: 7},
		"button":                 {BotID: 42, CallbackID: "5", MessageID: 5, ChatID: -1, UserID: 7},
		"another button":         {BotID: 42, CallbackID: "6", MessageID: 5, ChatID: -1, UserID: 7},
		"update":                 {BotID: 42, ID: 5, CallbackID: "5", MessageID: 5, ChatID: -1, UserID: 7},
	} {
		for range 2 { // restarts
			rec := bbtest.NewRecorder(t)
			for range 2 {
				tracker := rec.Client().Bind(u)
				tracker.ChoiceMade(bb.Payload{"choice_id": "x"})
				tracker.Track(bb.EventUserStarted, bb.Payload{"handler": "mine"})
				if name != "update" {
					tracker.ChoiceMade(bb.Payload{"choice_id": "x"})
				}
			}
			rec.Client().Bind(u).ChoiceMade(bb.Payload{"choice_id": "y"})
			events := append(rec.Want(bb.EventChoiceMade, 2), rec.Want(bb.EventUserStarted, 1)...)
			for i, ev := range events {
				if other, taken := keys[ev.IdempotencyKey]; taken && other != name {
					t.Errorf("event %d of %s has a key of %s", i, name, other)
				}
				keys[ev.IdempotencyKey] = name
			}
		}
	}
	if len(keys) != 7*3 {
		t.Errorf("%d keys, want 3 of each", len(keys))
	}
}

// After a quiet week update_id is lower, and telegram-bot-api then gets the same
// update again and again, for it asks with its old offset.
func TestLoopOverLowerIDs(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
	before, after := message("/start"), message("/start")
	before.ID, after.ID = 727334707, 117314199
	rec.Client().Observe(before)
	for range 20_000 {
		rec.Client().Observe(after)
	}
	rec.Want(bb.EventUserStarted, 2)
	rec.Want(bb.EventActivity, 2)
}

// Each press of START counts, however impatient the person is.
func TestEachStartCounts(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	for n := range int64(5) {
		u := message("/start")
		u.ID += n
		rec.Client().Observe(u)
	}
	rec.Want(bb.EventUserStarted, 5)
	rec.Want(bb.EventActivity, 1)
}
