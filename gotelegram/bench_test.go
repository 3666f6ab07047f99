package bbgotelegram_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/go-telegram/bot"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
)

// BenchmarkMiddleware is what one more update of a throttled user costs.
func BenchmarkMiddleware(b *testing.B) {
	without := newBot(b, bot.WithDefaultHandler(ignore))
	with := newBot(b, bot.WithDefaultHandler(ignore), bot.WithMiddlewares(bbgotelegram.Middleware(liveClient(b))))
	b.Run("without", func(b *testing.B) { benchmark(b, without) })
	b.Run("with", func(b *testing.B) { benchmark(b, with) })
}

func benchmark(b *testing.B, bot *bot.Bot) {
	b.ReportAllocs()
	ctx := context.Background()
	u := start(7)
	u.Message.Text = "hello"
	for u.ID = 1; b.Loop(); u.ID++ {
		bot.ProcessUpdate(ctx, u)
	}
}

// liveClient returns a client as in production, whose events go nowhere.
func liveClient(b *testing.B) *bb.Client {
	b.Helper()
	client, err := bb.New(bb.Config{
		Enabled: true, BaseURL: "http://bb.test", IntegrationKey: "key",
		Transport: refuse{}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		_ = client.Shutdown(ended) // the events are lost on purpose
	})
	return client
}

type refuse struct{}

func (refuse) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }
