package bbtelego_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mymmrac/telego"
	th "github.com/mymmrac/telego/telegohandler"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/adaptertest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtelego "github.com/silverbranch/bb-telegram-analytics-go/examples/telego"
)

func TestConformance(t *testing.T) {
	adaptertest.Run(t, adaptertest.Harness{
		Gaps: adaptertest.UnknownKinds(telego.Update{}, adaptertest.UnknownKind),
		Poll: poll,
		Entries: []adaptertest.Entry{
			{Name: "Middleware", New: entry(withMiddleware)},
			{Name: "Tap", New: entry(withTap)},
			{Name: "Tap and Middleware", New: entry(withBoth)},
			{Name: "Observe", New: entry(withObserve)},
			{Name: "JSON", New: entry(withJSON)},
		},
	})
}

var (
	token = fmt.Sprintf("%d:%s", adaptertest.BotID, strings.Repeat("x", 35)) // the length is checked
	me    = &telego.User{ID: adaptertest.BotID, IsBot: true, Username: adaptertest.BotUsername}
)

// process has a bot of the library process one update, in the order of the
// library: bot is what the update came to.
type process func(client *bb.Client, bot *telego.Bot, u telego.Update, handle func(context.Context))

// entry makes an Entry of what processes one update. The library itself decodes
// it, as it decodes the body of a webhook.
func entry(process process) func(testing.TB, *bb.Client, func(*bb.Tracker)) func([]byte) error {
	return func(tb testing.TB, client *bb.Client, handler func(*bb.Tracker)) func([]byte) error {
		bot := newBot(tb)
		webhook, updates := newWebhook(tb, bot)
		return func(raw []byte) error {
			if err := webhook(context.Background(), raw); err != nil {
				return err
			}
			process(client, bot, <-updates, func(ctx context.Context) { handler(bb.FromContext(ctx)) })
			return nil
		}
	}
}

func newBot(tb testing.TB) *telego.Bot {
	tb.Helper()
	bot, err := telego.NewBot(token, telego.WithDiscardLogger())
	if err != nil {
		tb.Fatal(err)
	}
	return bot
}

// newWebhook returns what the library does with the body of a request, and the
// channel that the update comes out of.
func newWebhook(tb testing.TB, bot *telego.Bot) (telego.WebhookHandler, <-chan telego.Update) {
	tb.Helper()
	var webhook telego.WebhookHandler
	updates, err := bot.UpdatesViaWebhook(tb.Context(), func(h telego.WebhookHandler) error {
		webhook = h
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return webhook, updates
}

func withMiddleware(client *bb.Client, bot *telego.Bot, u telego.Update, handle func(context.Context)) {
	handlers := new(th.HandlerGroup)
	handlers.Use(bbtelego.Middleware(client, me))
	handlers.Handle(func(ctx *th.Context, _ telego.Update) error {
		handle(ctx)
		return nil
	})
	_ = handlers.HandleUpdate(context.Background(), bot, u)
}

func withTap(client *bb.Client, _ *telego.Bot, u telego.Update, handle func(context.Context)) {
	for u := range bbtelego.Tap(client, me, channelOf(u)) {
		handle(u.Context())
	}
}

func withBoth(client *bb.Client, bot *telego.Bot, u telego.Update, handle func(context.Context)) {
	for u := range bbtelego.Tap(client, me, channelOf(u)) {
		withMiddleware(client, bot, u, handle)
	}
}

func withObserve(client *bb.Client, _ *telego.Bot, u telego.Update, handle func(context.Context)) {
	handle(bbtelego.Observe(u.Context(), client, me, u))
}

// channelOf returns a channel that is closed after these updates.
func channelOf(updates ...telego.Update) <-chan telego.Update {
	ch := make(chan telego.Update, len(updates))
	for _, u := range updates {
		ch <- u
	}
	close(ch)
	return ch
}

// poll starts a bot as main does.
func poll(tb testing.TB, telegram *bbtest.Telegram, httpClient *http.Client, client *bb.Client, handled func(int64)) (stop func()) {
	bot, err := telego.NewBot(telegram.Token, telego.WithDiscardLogger(),
		telego.WithAPIServer(telegram.URL), telego.WithHTTPClient(httpClient))
	if err != nil {
		tb.Fatal(err)
	}
	me, err := bot.GetMe(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(tb.Context())
	updates, err := bot.UpdatesViaLongPolling(ctx, nil)
	if err != nil {
		tb.Fatal(err)
	}
	go func() {
		for u := range bbtelego.Tap(client, me, updates) {
			handled(int64(u.UpdateID))
		}
	}()
	return stop
}
