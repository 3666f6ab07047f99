package bbtgbotapi_test

import (
	"testing"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtgbotapi "github.com/silverbranch/bb-telegram-analytics-go/tgbotapi"
)

// newAPI returns the library connected to a Bot API that has these updates.
func newAPI(t *testing.T, updates ...string) *tgbotapi.BotAPI {
	t.Helper()
	telegram := bbtest.NewTelegram(t)
	for _, update := range updates {
		telegram.Push([]byte(update))
	}
	api, err := tgbotapi.NewBotAPIWithAPIEndpoint(telegram.Token, telegram.URL+"/bot%s/%s")
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// The library polls over HTTP; StopReceivingUpdates closes the channel, which
// ends whatever reads it.
func TestPolling(t *testing.T) {
	for name, read := range map[string]func(*bb.Client, *tgbotapi.BotAPI, func(tgbotapi.Update)){
		"Range": func(client *bb.Client, api *tgbotapi.BotAPI, handle func(tgbotapi.Update)) {
			for _, u := range bbtgbotapi.Range(t.Context(), client, api, api.GetUpdatesChan(tgbotapi.UpdateConfig{})) {
				handle(u)
			}
		},
		"Tap": func(client *bb.Client, api *tgbotapi.BotAPI, handle func(tgbotapi.Update)) {
			for u := range bbtgbotapi.Tap(client, api, api.GetUpdatesChan(tgbotapi.UpdateConfig{})) {
				handle(u)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec := bbtest.NewRecorder(t)
			api := newAPI(t,
				`{"update_id":1,"message":{"message_id":1,"date":1,"from":{"id":7},"chat":{"id":7,"type":"private"},"text":"/start@Test_Bot"}}`,
				`{"update_id":2,"message":{"message_id":2,"date":1,"from":{"id":7},"chat":{"id":7,"type":"private"},"text":"/start@other_bot"}}`,
				`{"update_id":3,"hologram":{}}`)
			handled := 0
			read(rec.Client(), api, func(tgbotapi.Update) {
				if handled++; handled == 3 {
					api.StopReceivingUpdates()
				}
			})
			if handled != 3 {
				t.Errorf("%d updates were handled, want 3", handled)
			}
			rec.Want(bb.EventUserStarted, 1)
			rec.Want(bb.EventActivity, 2) // of user 7, and of nobody
		})
	}
}
