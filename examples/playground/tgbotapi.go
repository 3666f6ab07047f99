package main

import (
	"context"
	"io"
	"log"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbtgbotapi "github.com/silverbranch/bb-telegram-analytics-go/tgbotapi"
)

func init() {
	// The library logs for the whole program. Its polls outlive their bot, and
	// would complain in the middle of a step.
	_ = tgbotapi.SetLogger(log.New(io.Discard, "", 0))
}

func runTgbotapi(ctx context.Context, telegramURL, token string, client *bb.Client) error {
	api, err := tgbotapi.NewBotAPIWithAPIEndpoint(token, telegramURL+"/bot%s/%s")
	if err != nil {
		return err
	}
	updates := api.GetUpdatesChan(tgbotapi.UpdateConfig{Timeout: int(pollTimeout.Seconds())})
	defer api.StopReceivingUpdates()

	for ctx, update := range bbtgbotapi.Range(ctx, client, api, updates) {
		message, press := update.Message, update.CallbackQuery
		switch {
		case message != nil && message.Command() == "start":
			hello := tgbotapi.NewMessage(message.Chat.ID, "Hello! Which team are you for?")
			hello.ReplyMarkup = tgbotapi.NewInlineKeyboardMarkup(tgbotapi.NewInlineKeyboardRow(
				tgbotapi.NewInlineKeyboardButtonData("Brazil", "team:bra"),
				tgbotapi.NewInlineKeyboardButtonData("Argentina", "team:arg"),
				tgbotapi.NewInlineKeyboardButtonData("France", "team:fra"),
			))
			_, _ = api.Send(hello)
		case message != nil && message.Command() == "help":
			_, _ = api.Send(tgbotapi.NewMessage(message.Chat.ID, help))
		case press != nil:
			team := strings.TrimPrefix(press.Data, "team:")
			bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": team, "handler": "choice"})
			_, _ = api.Request(tgbotapi.NewCallback(press.ID, ""))
			_, _ = api.Send(tgbotapi.NewEditMessageText(
				press.Message.Chat.ID, press.Message.MessageID, "Your team: "+teams[team]))
		}
	}
	return nil
}
