package bbtgbotapi_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbtgbotapi "github.com/silverbranch/bb-telegram-analytics-go/tgbotapi"
)

// BenchmarkWrap is what one more update of a throttled user costs.
func BenchmarkWrap(b *testing.B) {
	handle := func(context.Context, tgbotapi.Update) {}
	b.Run("without", func(b *testing.B) { benchmark(b, handle) })
	b.Run("with", func(b *testing.B) { benchmark(b, bbtgbotapi.Wrap(liveClient(b), api, handle)) })
}

func benchmark(b *testing.B, handle func(context.Context, tgbotapi.Update)) {
	b.ReportAllocs()
	ctx := context.Background()
	u := starts(1)[0]
	u.Message.Text = "hello"
	for u.UpdateID = 1; b.Loop(); u.UpdateID++ {
		handle(ctx, u)
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
