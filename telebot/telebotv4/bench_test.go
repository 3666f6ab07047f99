// Code generated from telebot/bench_test.go; DO NOT EDIT.

package bbtelebot_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	tele "gopkg.in/telebot.v4"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbtelebot "github.com/silverbranch/bb-telegram-analytics-go/telebot/telebotv4"
)

func message() tele.Update {
	return tele.Update{Message: &tele.Message{
		Sender: &tele.User{ID: 7}, Chat: &tele.Chat{ID: 7, Type: tele.ChatPrivate}, Text: "hello",
	}}
}

// BenchmarkMiddleware is what one more update of a throttled user costs.
func BenchmarkMiddleware(b *testing.B) {
	bot := newBot(b, tele.Settings{})
	handler := func(tele.Context) error { return nil }
	b.Run("without", func(b *testing.B) { benchmark(b, bot, handler) })
	b.Run("with", func(b *testing.B) {
		benchmark(b, bot, bbtelebot.Middleware(liveClient(b))(handler))
	})
}

func benchmark(b *testing.B, bot *tele.Bot, handler tele.HandlerFunc) {
	b.ReportAllocs()
	u := message()
	for id := 1; b.Loop(); id++ {
		u.ID = id
		_ = handler(bot.NewContext(u))
	}
}

// BenchmarkAttach is the whole way of an update, from the poller to the handler:
// tap, middleware and context, and one hop over a channel more.
func BenchmarkAttach(b *testing.B) {
	for _, attach := range []bool{false, true} {
		b.Run(map[bool]string{false: "without", true: "with"}[attach], func(b *testing.B) {
			source, handled := make(channelPoller), make(chan struct{})
			bot := newBot(b, tele.Settings{Poller: source})
			if attach {
				bbtelebot.Attach(bot, liveClient(b))
			}
			bot.Handle(tele.OnText, func(tele.Context) error {
				handled <- struct{}{}
				return nil
			})
			go bot.Start()
			defer bot.Stop()
			b.ReportAllocs()
			for id := 1; b.Loop(); id++ {
				u := message() // telebot fills in the bot
				u.ID = id
				source <- u
				<-handled
			}
		})
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
