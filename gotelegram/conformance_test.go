package bbgotelegram_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/adaptertest"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
)

func TestConformance(t *testing.T) {
	adaptertest.Run(t, adaptertest.Harness{
		Gaps: map[string]adaptertest.Gap{
			"managed_bot":                adaptertest.Unnamed,
			"guest_message":              adaptertest.Unnamed,
			"subscription":               adaptertest.Unnamed,
			"stopped_message_generation": adaptertest.Unnamed,
			"hologram":                   adaptertest.Unnamed,
		},
		Ways: []adaptertest.Way{
			{Name: "Middleware", New: way(withMiddleware)},
			{Name: "Wrap", New: way(withWrap)},
			{Name: "Middleware and Wrap", New: way(withBoth)},
			{Name: "handler's middleware", New: way(withHandlerMiddleware)},
		},
	})
}

var (
	token    = fmt.Sprintf("%d:test", adaptertest.BotID)
	username = bbgotelegram.WithUsername(adaptertest.BotUsername)
)

// way makes a way in of what builds a bot around a handler.
func way(build func(testing.TB, *bb.Client, bot.HandlerFunc) *bot.Bot) func(testing.TB, *bb.Client, func(*bb.Tracker)) func([]byte) error {
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
