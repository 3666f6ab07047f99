package bbgotelegram_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
)

// The library polls over HTTP and runs its handlers concurrently.
func TestPolling(t *testing.T) {
	const updates = 50
	telegram := bbtest.NewTelegram(t)
	for i := range updates {
		telegram.Push(fmt.Appendf(nil, `{"update_id":%d,"message":{"message_id":1,"date":1,"from":{"id":%d},"chat":{"id":-5,"type":"group"},"text":"/start@test_bot"}}`, i+1, i+1))
	}

	rec := bbtest.NewRecorder(t)
	var handled sync.WaitGroup
	handled.Add(updates)
	b, err := bot.New(telegram.Token, bot.WithServerURL(telegram.URL),
		bot.WithMiddlewares(bbgotelegram.Middleware(rec.Client(), username)),
		bot.WithDefaultHandler(func(ctx context.Context, _ *bot.Bot, u *models.Update) {
			bb.FromContext(ctx).ChoiceMade(bb.Payload{"update": u.ID})
			handled.Done()
		}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		b.Start(ctx)
	}()
	handled.Wait()
	cancel()
	<-stopped
	rec.Want(bb.EventUserStarted, updates)
	for _, ev := range rec.Want(bb.EventChoiceMade, updates) {
		if ev.Payload["update"] != float64(ev.UserID) {
			t.Fatalf("the tracker of another update: %+v", ev)
		}
	}
}
