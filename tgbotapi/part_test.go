package bbtgbotapi_test

import (
	"encoding/json"
	"testing"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtgbotapi "github.com/silverbranch/bb-telegram-analytics-go/tgbotapi"
)

// Functions that get only a message, or a press of a button: what they send counts
// once for it, in this process and after a restart, with the update or without.
func TestForMessageAndForCallback(t *testing.T) {
	var update tgbotapi.Update
	if err := json.Unmarshal(bbtest.GroupTextJSON(7, -5, "hello"), &update); err != nil {
		t.Fatal(err)
	}
	message := *update.Message
	press := tgbotapi.CallbackQuery{ID: "c1", From: &tgbotapi.User{ID: 7}, Message: &message, Data: "bra"}
	for name, part := range map[string]struct {
		update  tgbotapi.Update
		tracker func(*bb.Client) *bb.Tracker
	}{
		"message": {tgbotapi.Update{UpdateID: 1, Message: &message}, func(client *bb.Client) *bb.Tracker {
			again := message
			return bbtgbotapi.ForMessage(client, api, &again)
		}},
		"callback": {tgbotapi.Update{UpdateID: 2, CallbackQuery: &press}, func(client *bb.Client) *bb.Tracker {
			again := press
			return bbtgbotapi.ForCallback(client, api, &again)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var keys []string
			for range 2 { // two processes
				rec := bbtest.NewRecorder(t)
				for range 2 { // a redelivery
					bbtgbotapi.Observe(t.Context(), rec.Client(), api, &part.update)
					part.tracker(rec.Client()).ChoiceMade(bb.Payload{"team_code": "bra"})
				}
				part.tracker(rec.Client()).ChoiceMade(bb.Payload{"team_code": "arg"})
				for _, ev := range rec.Want(bb.EventChoiceMade, 2) {
					if ev.UserID != 7 || ev.ChatID != -5 {
						t.Errorf("%+v is of another user or chat", ev)
					}
					keys = append(keys, ev.IdempotencyKey)
				}
				rec.Want(bb.EventActivity, 1)
			}
			if keys[0] != keys[2] || keys[1] != keys[3] || keys[0] == keys[1] {
				t.Errorf("keys %v, want the same two in both processes", keys)
			}
		})
	}
}

func TestForNothing(t *testing.T) {
	client := bbtest.NewRecorder(t).Client()
	for _, tracker := range []*bb.Tracker{
		bbtgbotapi.ForMessage(nil, api, &tgbotapi.Message{}), bbtgbotapi.ForMessage(client, api, nil),
		bbtgbotapi.ForCallback(nil, api, &tgbotapi.CallbackQuery{}), bbtgbotapi.ForCallback(client, nil, nil),
	} {
		if tracker != nil {
			t.Errorf("a tracker of nothing: %v", tracker)
		}
	}
	bbtgbotapi.ForMessage(client, nil, &tgbotapi.Message{}).ChoiceMade(nil)
	bbtgbotapi.ForCallback(client, nil, &tgbotapi.CallbackQuery{}).ChoiceMade(nil)
}
