package bbtelebot_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	tele "gopkg.in/telebot.v3"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtelebot "github.com/silverbranch/bb-telegram-analytics-go/telebot"
)

func rejectAll(*tele.Update) bool { return false }
func acceptAll(*tele.Update) bool { return true }

// Seven updates of seven users: a handled one, one without a handler, one for
// another bot, one that telebot takes for malicious, a callback, a reaction
// and a kind that telebot does not know.
func sevenUpdates() []tele.Update {
	chat := &tele.Chat{ID: -5, Type: tele.ChatGroup}
	text := func(user int64, text string) *tele.Message {
		return &tele.Message{Sender: &tele.User{ID: user}, Chat: chat, Text: text}
	}
	return []tele.Update{
		{ID: 1, Message: text(1, "/start")},
		{ID: 2, EditedMessage: text(2, "edited")},
		{ID: 3, Message: text(3, "/start@other_bot")},
		{ID: 4, Message: text(4, "\a")},
		{ID: 5, Callback: &tele.Callback{Sender: &tele.User{ID: 5}}},
		{ID: 6, MessageReaction: &tele.MessageReaction{User: &tele.User{ID: 6}, Chat: chat}},
		{ID: 7},
	}
}

// Attach sees every update exactly once, wherever a filter stands, though it
// drops them all.
func TestAttachSeesEverythingOnce(t *testing.T) {
	for name, build := range map[string]func(*tele.Bot, *bb.Client){
		"plain": bbtelebot.Attach,
		"twice": func(bot *tele.Bot, client *bb.Client) {
			bbtelebot.Attach(bot, client)
			bbtelebot.Attach(bot, client)
		},
		"filter before": func(bot *tele.Bot, client *bb.Client) {
			bot.Poller = tele.NewMiddlewarePoller(bot.Poller, rejectAll)
			bbtelebot.Attach(bot, client)
		},
		"nested filters before": func(bot *tele.Bot, client *bb.Client) {
			bot.Poller = tele.NewMiddlewarePoller(tele.NewMiddlewarePoller(bot.Poller, rejectAll), acceptAll)
			bbtelebot.Attach(bot, client)
		},
		"filter after": func(bot *tele.Bot, client *bb.Client) {
			bbtelebot.Attach(bot, client)
			bot.Poller = tele.NewMiddlewarePoller(bot.Poller, rejectAll)
		},
		"filter between two": func(bot *tele.Bot, client *bb.Client) {
			bbtelebot.Attach(bot, client)
			bot.Poller = tele.NewMiddlewarePoller(bot.Poller, acceptAll)
			bbtelebot.Attach(bot, client)
		},
	} {
		for _, synchronous := range []bool{true, false} {
			t.Run(name+map[bool]string{true: "/synchronous", false: "/asynchronous"}[synchronous], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
					source := make(channelPoller)
					bot := newBot(t, tele.Settings{Poller: source})
					if !synchronous {
						bot = newAsyncBot(t, source)
					}
					build(bot, rec.Client())
					bot.Handle("/start", func(c tele.Context) error { return nil })
					go bot.Start()
					for _, u := range sevenUpdates() {
						source <- u
					}
					synctest.Wait()
					bot.Stop()
					rec.Want(bb.EventActivity, 7)
					rec.Want(bb.EventUserStarted, 1)
				})
			})
		}
	}
}

func newAsyncBot(t *testing.T, poller tele.Poller) *tele.Bot {
	t.Helper()
	bot, err := tele.NewBot(tele.Settings{Offline: true, Poller: poller})
	if err != nil {
		t.Fatal(err)
	}
	bot.Me = &tele.User{ID: 42, Username: "test_bot"}
	return bot
}

// Attach that is called again adds no second tap: each would count an update
// that has no id to recognise it by.
func TestAttachDoesNotStack(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
	source := make(channelPoller)
	bot := newBot(t, tele.Settings{Poller: source})
	bbtelebot.Attach(bot, rec.Client())
	bot.Poller = tele.NewMiddlewarePoller(bot.Poller, acceptAll)
	bbtelebot.Attach(bot, rec.Client())
	u := sevenUpdates()[1]
	u.ID = 0
	polled(t, bot, source)(u)
	rec.Want(bb.EventActivity, 1)
}

func TestAttachTwoClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, other := bbtest.NewRecorder(t), bbtest.NewRecorder(t)
		source := make(channelPoller)
		bot := newBot(t, tele.Settings{Poller: source})
		bbtelebot.Attach(bot, one.Client())
		bbtelebot.Attach(bot, other.Client())
		bot.Handle("/start", func(c tele.Context) error { return nil })
		go bot.Start()
		source <- sevenUpdates()[0]
		synctest.Wait()
		bot.Stop()
		one.Want(bb.EventUserStarted, 1)
		other.Want(bb.EventUserStarted, 1)
	})
}

// A plain poller that is assigned later leaves the middleware.
func TestPollerReassigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
		source := make(channelPoller)
		bot := newBot(t, tele.Settings{})
		bbtelebot.Attach(bot, rec.Client())
		bot.Handle("/start", func(c tele.Context) error {
			bbtelebot.FromContext(c).ChoiceMade(nil)
			return nil
		})
		bot.Poller = source
		go bot.Start()
		for _, u := range sevenUpdates() {
			source <- u
		}
		synctest.Wait()
		bot.Stop()
		rec.Want(bb.EventActivity, 1)
		rec.Want(bb.EventChoiceMade, 1)
	})
}

// Trigger runs another handler and its middleware for the same update.
func TestTrigger(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
	bot := newBot(t, tele.Settings{})
	bbtelebot.Attach(bot, rec.Client())
	choose := func(c tele.Context) { bbtelebot.FromContext(c).ChoiceMade(bb.Payload{"choice_id": "x"}) }
	bot.Handle("/help", func(c tele.Context) error { choose(c); return nil })
	bot.Handle("/start", func(c tele.Context) error { choose(c); return bot.Trigger("/help", c) })
	for range 2 {
		bot.ProcessUpdate(sevenUpdates()[0])
	}
	rec.Want(bb.EventUserStarted, 1)
	rec.Want(bb.EventActivity, 1)
	rec.Want(bb.EventChoiceMade, 2) // one of each handler
}

// OnUserJoined runs once per member that joined, with one context.
func TestUsersJoined(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
	bot := newBot(t, tele.Settings{})
	bbtelebot.Attach(bot, rec.Client())
	bot.Handle(tele.OnUserJoined, func(c tele.Context) error {
		bbtelebot.FromContext(c).Track("joined", nil)
		return nil
	})
	bot.ProcessUpdate(tele.Update{ID: 9, Message: &tele.Message{
		Sender: &tele.User{ID: 1}, Chat: &tele.Chat{ID: -5}, UsersJoined: []tele.User{{ID: 2}, {ID: 3}},
	}})
	rec.Want(bb.EventActivity, 1)
	rec.Want("joined", 2)
}

// A context has one tracker, no matter who asks first.
func TestFromContextConcurrently(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	bot := newBot(t, tele.Settings{})
	bbtelebot.Attach(bot, rec.Client())
	c := bot.NewContext(sevenUpdates()[0])
	var wg sync.WaitGroup
	trackers := make([]*bb.Tracker, 8)
	for i := range trackers {
		wg.Go(func() { trackers[i] = bbtelebot.FromContext(c) })
	}
	wg.Wait()
	for _, tracker := range trackers {
		if tracker == nil || tracker != trackers[0] {
			t.Fatalf("trackers %v", trackers)
		}
	}
}

// Middleware of another client than the attached one has the say in its
// handlers.
func TestMiddlewareOfAnotherClient(t *testing.T) {
	attached, own := bbtest.NewRecorder(t), bbtest.NewRecorder(t)
	bot := newBot(t, tele.Settings{})
	bbtelebot.Attach(bot, attached.Client())
	bot.Handle("/start", func(c tele.Context) error {
		bbtelebot.FromContext(c).ChoiceMade(nil)
		return nil
	}, bbtelebot.Middleware(own.Client()))
	bot.ProcessUpdate(sevenUpdates()[0])
	attached.Want(bb.EventUserStarted, 1)
	own.Want(bb.EventUserStarted, 1)
	attached.Want(bb.EventChoiceMade, 0)
	own.Want(bb.EventChoiceMade, 1)
}

func TestHandlerError(t *testing.T) {
	mine := errors.New("mine")
	var got error
	bot := newBot(t, tele.Settings{OnError: func(err error, _ tele.Context) { got = err }})
	bbtelebot.Attach(bot, bbtest.NewRecorder(t).Client())
	bot.Handle("/start", func(tele.Context) error { return mine })
	bot.ProcessUpdate(sevenUpdates()[0])
	if got != mine {
		t.Errorf("OnError got %v, want the handler's error untouched", got)
	}
}

// A bot without Attach and Middleware has no trackers: the log says so.
func TestForgottenAttach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		bot := newBot(t, tele.Settings{Synchronous: true})
		bot.Handle(tele.OnText, func(c tele.Context) error {
			bbtelebot.FromContext(c).ChoiceMade(nil)
			return nil
		})
		bot.ProcessUpdate(tele.Update{ID: 1, Message: &tele.Message{Sender: &tele.User{ID: 7}, Text: "hi"}})
		synctest.Wait()
		if !strings.Contains(log.String(), "without a tracker") {
			t.Errorf("log = %q", &log)
		}
	})
}

func TestNilSafe(t *testing.T) {
	client := bbtest.NewRecorder(t).Client()
	bot := newBot(t, tele.Settings{})
	poller := bot.Poller
	bbtelebot.Attach(nil, nil)
	bbtelebot.Attach(nil, client)
	bbtelebot.Attach(bot, nil)
	if bot.Poller != poller {
		t.Error("Attach changed the poller for no client")
	}
	if tracker := bbtelebot.FromContext(nil); tracker != nil {
		t.Errorf("FromContext(nil) = %v", tracker)
	}
	if tracker := bbtelebot.FromContext(bot.NewContext(tele.Update{})); tracker != nil {
		t.Errorf("FromContext without a client = %v", tracker)
	}

	empty := new(tele.Bot) // Group is nil there: Use panics, no matter who calls it
	empty.Poller = (*tele.MiddlewarePoller)(nil)
	if tracker := bbtelebot.FromContext(empty.NewContext(tele.Update{})); tracker != nil {
		t.Errorf("FromContext of an empty bot = %v", tracker)
	}
	if err := bbtelebot.Middleware(client)(func(tele.Context) error { return nil })(new(tele.Bot).NewContext(tele.Update{})); err != nil {
		t.Error(err)
	}
}

// A bot without a poller keeps telebot's own word about it.
func TestNoPoller(t *testing.T) {
	bot := newBot(t, tele.Settings{})
	bot.Poller = nil
	bbtelebot.Attach(bot, bbtest.NewRecorder(t).Client())
	defer func() {
		if got := recover(); got != "telebot: can't start without a poller" {
			t.Errorf("Start panicked with %v", got)
		}
	}()
	bot.Start()
}

// An offline bot is known by its token: keys have to survive a restart.
func TestOfflineBot(t *testing.T) {
	keys := make(map[string]bool)
	for range 2 {
		rec := bbtest.NewRecorder(t)
		bot := newBot(t, tele.Settings{})
		bot.Me = &tele.User{}
		bot.Handle("/start", func(tele.Context) error { return nil }, bbtelebot.Middleware(rec.Client()))
		bot.ProcessUpdate(sevenUpdates()[0])
		keys[rec.Want(bb.EventUserStarted, 1)[0].IdempotencyKey] = true
	}
	online := bbtest.NewRecorder(t)
	bot := newBot(t, tele.Settings{})
	bot.Handle("/start", func(tele.Context) error { return nil }, bbtelebot.Middleware(online.Client()))
	bot.ProcessUpdate(sevenUpdates()[0])
	if key := online.Want(bb.EventUserStarted, 1)[0].IdempotencyKey; len(keys) != 1 || !keys[key] {
		t.Errorf("offline keys %v, online %v: want the same", keys, key)
	}
}

// Attach after Start is too late for the poller, and says so. Once is enough: the
// second call changes nothing.
func TestAttachAfterStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		source := make(channelPoller)
		bot := newBot(t, tele.Settings{Poller: source})
		go bot.Start()
		synctest.Wait()
		bbtelebot.Attach(bot, rec.Client())
		bbtelebot.Attach(bot, rec.Client())
		synctest.Wait()
		bot.Stop()
		if n := strings.Count(log.String(), "Attach was called after Start"); n != 1 {
			t.Errorf("the log says it %d times, want once:\n%s", n, &log)
		}

		log.Reset()
		bot = newBot(t, tele.Settings{Poller: source})
		bbtelebot.Attach(bot, rec.Client())
		go bot.Start()
		synctest.Wait()
		bot.Stop()
		if strings.Contains(log.String(), "Attach") {
			t.Errorf("before Start the log says %s", &log)
		}
	})
}
