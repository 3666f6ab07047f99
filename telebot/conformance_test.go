package bbtelebot_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"testing"

	tele "gopkg.in/telebot.v3"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/adaptertest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtelebot "github.com/silverbranch/bb-telegram-analytics-go/telebot"
)

// gaps are those of telebot. What it does not decode, it does not route either.
func gaps() map[string]adaptertest.Gap {
	const unhandled = adaptertest.Unhandled
	gaps := adaptertest.UnknownKinds(tele.Update{}, adaptertest.UnknownKind|unhandled)
	maps.Copy(gaps, map[string]adaptertest.Gap{
		"message/start of another bot":   unhandled,
		"message/command of another bot": unhandled,
		"message/bell":                   unhandled,
		"message/story":                  unhandled,
		"message/empty":                  unhandled,
		"message_reaction":               unhandled,
		"empty/id":                       unhandled,
		"empty/object":                   unhandled,
		"empty/null":                     unhandled,
		"empty/getUpdates":               unhandled,
		"message/write access":           unhandled,
		"message/gift":                   unhandled,
		"message/community":              unhandled,
		"message/checklist":              unhandled,
	})
	maps.Copy(gaps, versionGaps)
	return gaps
}

func TestConformance(t *testing.T) {
	adaptertest.Run(t, adaptertest.Harness{
		Gaps: gaps(),
		Poll: poll,
		Entries: []adaptertest.Entry{
			{Name: "Attach", New: entry(polled, attach, handle)},
			{Name: "Attach after Handle", New: entry(polled, handle, attach)},
			{Name: "Attach without poller", New: entry(processed, attach, handle), HandledOnly: true},
			{Name: "Middleware", New: entry(processed, use, handle), HandledOnly: true},
			{Name: "Attach and Middleware", New: entry(polled, attach, use, handle)},
		},
	})
}

// A step of building the bot; handler is what the handlers of the bot do.
type step func(bot *tele.Bot, client *bb.Client, handler tele.HandlerFunc)

func attach(bot *tele.Bot, client *bb.Client, _ tele.HandlerFunc) { bbtelebot.Attach(bot, client) }
func use(bot *tele.Bot, client *bb.Client, _ tele.HandlerFunc)    { bot.Use(bbtelebot.Middleware(client)) }

// handle registers handler for everything that telebot routes.
func handle(bot *tele.Bot, _ *bb.Client, handler tele.HandlerFunc) {
	for _, endpoint := range append([]any{
		"/start", tele.OnText, tele.OnMedia, tele.OnEdited, tele.OnPinned, tele.OnUserJoined,
		tele.OnChannelPost, tele.OnEditedChannelPost, "\fteam", tele.OnCallback,
		tele.OnQuery, tele.OnInlineResult, tele.OnShipping, tele.OnCheckout, tele.OnPoll, tele.OnPollAnswer,
		tele.OnMyChatMember, tele.OnChatMember, tele.OnChatJoinRequest, tele.OnBoost, tele.OnBoostRemoved,
		tele.OnPayment, tele.OnProximityAlert, tele.OnWebApp, tele.OnUserShared, tele.OnMigration,
	}, versionEndpoints...) {
		bot.Handle(endpoint, handler)
	}
}

// delivery is how updates get to the bot. source is its innermost poller.
type delivery func(tb testing.TB, bot *tele.Bot, source channelPoller) func(tele.Update)

// entry makes an Entry of how the bot is built and how updates get to it.
func entry(deliver delivery, steps ...step) func(testing.TB, *bb.Client, func(*bb.Tracker)) func([]byte) error {
	return func(tb testing.TB, client *bb.Client, handle func(*bb.Tracker)) func([]byte) error {
		source := make(channelPoller)
		bot := newBot(tb, tele.Settings{Poller: source})
		for _, step := range steps {
			step(bot, client, func(c tele.Context) error {
				handle(bbtelebot.FromContext(c))
				return nil
			})
		}
		process := deliver(tb, bot, source)
		return func(raw []byte) error {
			var u tele.Update
			if err := json.Unmarshal(raw, &u); err != nil {
				return err
			}
			process(u)
			return nil
		}
	}
}

// newBot returns a bot that runs its handlers before ProcessUpdate returns.
func newBot(tb testing.TB, settings tele.Settings) *tele.Bot {
	tb.Helper()
	settings.Offline, settings.Synchronous = true, true
	bot, err := tele.NewBot(settings)
	if err != nil {
		tb.Fatal(err)
	}
	bot.Token = fmt.Sprintf("%d:test", adaptertest.BotID)
	bot.Me = &tele.User{ID: adaptertest.BotID, IsBot: true, Username: adaptertest.BotUsername}
	return bot
}

// channelPoller is a poller that takes its updates from a channel.
type channelPoller chan tele.Update

func (p channelPoller) Poll(_ *tele.Bot, dest chan tele.Update, stop chan struct{}) {
	for {
		select {
		case u := <-p:
			dest <- u
		case <-stop:
			return
		}
	}
}

func processed(_ testing.TB, bot *tele.Bot, _ channelPoller) func(tele.Update) {
	return bot.ProcessUpdate
}

// polled does what Start does, but step by step, so that an update that nobody
// handles is known to be over, and a panic has somewhere to go.
func polled(tb testing.TB, bot *tele.Bot, source channelPoller) func(tele.Update) {
	updates, stop, stopped := make(chan tele.Update), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		bot.Poller.Poll(bot, updates, stop)
	}()
	tb.Cleanup(func() {
		close(stop)
		<-stopped
	})
	return func(u tele.Update) {
		source <- u
		bot.ProcessUpdate(<-updates)
	}
}

func poll(tb testing.TB, telegram *bbtest.Telegram, httpClient *http.Client, client *bb.Client, handled func(int64)) (stop func()) {
	bot, err := tele.NewBot(tele.Settings{
		URL: telegram.URL, Token: telegram.Token, Client: httpClient, Synchronous: true,
		Poller: &tele.LongPoller{}, OnError: func(error, tele.Context) {},
	})
	if err != nil {
		tb.Fatal(err)
	}
	bbtelebot.Attach(bot, client)
	bot.Handle(tele.OnText, func(c tele.Context) error {
		handled(int64(c.Update().ID))
		return nil
	})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		bot.Start()
	}()
	return func() {
		bot.Stop()
		<-stopped
	}
}
