package bbgotelegram_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/adaptertest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
)

// gaps are those of the library, whose early versions stop at media they do not know.
func gaps() map[string]adaptertest.Gap {
	gaps := adaptertest.UnknownKinds(models.Update{}, adaptertest.UnknownKind)
	if json.Unmarshal([]byte(`{"type":"live_photo"}`), new(models.PaidMedia)) != nil {
		gaps["message/live photo"] = adaptertest.Undecodable
	}
	return gaps
}

func TestConformance(t *testing.T) {
	adaptertest.Run(t, adaptertest.Harness{
		Gaps: gaps(),
		Poll: poll,
		Entries: []adaptertest.Entry{
			{Name: "Middleware", New: entry(withMiddleware)},
			{Name: "Wrap", New: entry(withWrap)},
			{Name: "Middleware and Wrap", New: entry(withBoth)},
			{Name: "handler's middleware", New: entry(withHandlerMiddleware)},
		},
	})
}

var (
	token    = fmt.Sprintf("%d:test", adaptertest.BotID)
	username = bbgotelegram.WithUsername(adaptertest.BotUsername)
)

// entry makes an Entry of what builds a bot around a handler.
func entry(build func(testing.TB, *bb.Client, bot.HandlerFunc) *bot.Bot) func(testing.TB, *bb.Client, func(*bb.Tracker)) func([]byte) error {
	return func(tb testing.TB, client *bb.Client, handle func(*bb.Tracker)) func([]byte) error {
		b := build(tb, client, func(ctx context.Context, _ *bot.Bot, _ *models.Update) {
			handle(bb.FromContext(ctx))
		})
		return func(raw []byte) error {
			var u models.Update
			if err := json.Unmarshal(raw, &u); err != nil {
				return err
			}
			b.ProcessUpdate(context.Background(), &u)
			return nil
		}
	}
}

// newBot returns a bot that runs its handlers before ProcessUpdate returns.
func newBot(tb testing.TB, opts ...bot.Option) *bot.Bot {
	tb.Helper()
	b, err := bot.New(token, append(opts, bot.WithSkipGetMe(), bot.WithNotAsyncHandlers())...)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func withMiddleware(tb testing.TB, client *bb.Client, handle bot.HandlerFunc) *bot.Bot {
	return newBot(tb, bot.WithMiddlewares(bbgotelegram.Middleware(client, username)), bot.WithDefaultHandler(handle))
}

func withWrap(tb testing.TB, client *bb.Client, handle bot.HandlerFunc) *bot.Bot {
	return newBot(tb, bot.WithDefaultHandler(bbgotelegram.Wrap(client, handle, username)))
}

func withBoth(tb testing.TB, client *bb.Client, handle bot.HandlerFunc) *bot.Bot {
	return withMiddleware(tb, client, bbgotelegram.Wrap(client, handle, username))
}

func withHandlerMiddleware(tb testing.TB, client *bb.Client, handle bot.HandlerFunc) *bot.Bot {
	b := newBot(tb)
	everything := func(*models.Update) bool { return true }
	b.RegisterHandlerMatchFunc(everything, handle, bbgotelegram.Middleware(client, username))
	return b
}

func poll(tb testing.TB, telegram *bbtest.Telegram, httpClient *http.Client, client *bb.Client, handled func(int64)) (stop func()) {
	b, err := bot.New(telegram.Token, bot.WithServerURL(telegram.URL), bot.WithHTTPClient(time.Minute, httpClient),
		bot.WithMiddlewares(bbgotelegram.Middleware(client, username)), bot.WithNotAsyncHandlers(),
		bot.WithErrorsHandler(func(error) {}),
		bot.WithDefaultHandler(func(_ context.Context, _ *bot.Bot, u *models.Update) { handled(u.ID) }))
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		b.Start(ctx)
	}()
	return func() {
		cancel()
		<-stopped
	}
}
