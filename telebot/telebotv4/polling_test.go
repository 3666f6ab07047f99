// Code generated from telebot/polling_test.go; DO NOT EDIT.

package bbtelebot_test

import (
	"fmt"
	"sync"
	"testing"

	tele "gopkg.in/telebot.v4"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtelebot "github.com/silverbranch/bb-telegram-analytics-go/telebot/telebotv4"
)

// The library polls over HTTP. The last update of the batch is the only one
// with a handler: the others were seen before it.
func TestPolling(t *testing.T) {
	for name, synchronous := range map[string]bool{"synchronous": true, "asynchronous": false} {
		t.Run(name, func(t *testing.T) {
			telegram := bbtest.NewTelegram(t)
			for i, content := range []string{
				`"message":{"message_id":1,"date":1,"from":{"id":1},"chat":{"id":1,"type":"private"},"sticker":{"file_id":"s"}}`,
				`"my_chat_member":{"chat":{"id":2,"type":"private"},"from":{"id":2},"new_chat_member":{"status":"kicked"}}`,
				`"message_reaction":{"chat":{"id":-5,"type":"group"},"user":{"id":3},"new_reaction":[]}`,
				`"message":{"message_id":1,"date":1,"from":{"id":4},"chat":{"id":-5,"type":"group"},"text":"/start@test_bot"}`,
			} {
				telegram.Push(fmt.Appendf(nil, `{"update_id":%d,%s}`, i+1, content))
			}

			rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.Capture.Blocks = true })
			bot, err := tele.NewBot(tele.Settings{URL: telegram.URL, Token: telegram.Token, Synchronous: synchronous})
			if err != nil {
				t.Fatal(err)
			}
			bbtelebot.Attach(bot, rec.Client())
			var handled sync.WaitGroup
			handled.Add(1)
			bot.Handle("/start", func(c tele.Context) error {
				defer handled.Done()
				bbtelebot.FromContext(c).ChoiceMade(nil)
				return nil
			})
			stopped := make(chan struct{})
			go func() {
				defer close(stopped)
				bot.Start()
			}()
			handled.Wait()
			bot.Stop()
			<-stopped
			rec.Want(bb.EventActivity, 3)
			rec.Want(bb.EventUserStarted, 1)
			rec.Want(bb.EventBotBlocked, 1)
			if got := rec.Want(bb.EventChoiceMade, 1)[0]; got.UserID != 4 || got.ChatID != -5 {
				t.Errorf("choice_made of user %d in chat %d, want 4 in -5", got.UserID, got.ChatID)
			}
		})
	}
}
