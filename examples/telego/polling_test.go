package bbtelego_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/mymmrac/telego"
	th "github.com/mymmrac/telego/telegohandler"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtelego "github.com/silverbranch/bb-telegram-analytics-go/examples/telego"
)

// The library polls over HTTP, and handles all updates at the same time.
func TestPolling(t *testing.T) {
	const people = 50
	telegram := bbtest.NewTelegram(t)

	// The default client of the library ends a poll only when Telegram does.
	bot, err := telego.NewBot(telegram.Token, telego.WithDiscardLogger(),
		telego.WithAPIServer(telegram.URL), telego.WithHTTPClient(http.DefaultClient))
	if err != nil {
		t.Fatal(err)
	}
	me, err := bot.GetMe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	polling, stopPolling := context.WithCancel(t.Context())
	updates, err := bot.UpdatesViaLongPolling(polling, nil)
	if err != nil {
		t.Fatal(err)
	}
	rec := bbtest.NewRecorder(t)
	handlers, err := th.NewBotHandler(bot, updates)
	if err != nil {
		t.Fatal(err)
	}
	handlers.Use(bbtelego.Middleware(rec.Client(), me))
	var handled sync.WaitGroup
	handled.Add(people)
	handlers.HandleMessage(func(ctx *th.Context, message telego.Message) error {
		bb.FromContext(ctx).ChoiceMade(bb.Payload{"user": message.From.ID})
		handled.Done()
		return nil
	}, th.CommandEqual("start"))
	stopped := make(chan error, 1)
	go func() { stopped <- handlers.Start() }()

	// No handler takes the first two. They come first, so that they have been
	// begun when the last of the others is done.
	telegram.Push(bbtest.UpdateJSON("hologram", map[string]any{"from": map[string]any{"id": 1000}}))
	telegram.Push(bbtest.GroupTextJSON(1001, -5, "hello"))
	for id := range people {
		telegram.Push(bbtest.GroupTextJSON(int64(id+1), -5, "/start@test_bot"))
	}
	handled.Wait()
	if err := handlers.Stop(); err != nil { // waits for what was begun
		t.Error(err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	stopPolling()
	for range updates { // closed when the poll has ended
	}

	rec.Want(bb.EventUserStarted, people)
	rec.Want(bb.EventActivity, people+2)
	for _, ev := range rec.Want(bb.EventChoiceMade, people) {
		if ev.Payload["user"] != float64(ev.UserID) {
			t.Fatalf("the tracker of another update: %+v", ev)
		}
	}
}
