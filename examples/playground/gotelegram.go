package main

import (
	"context"
	"strings"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
)

func runGotelegram(ctx context.Context, telegramURL, token string, client *bb.Client) error {
	b, err := bot.New(token,
		bot.WithMiddlewares(bbgotelegram.Middleware(client)),
		bot.WithServerURL(telegramURL),
		bot.WithDefaultHandler(func(context.Context, *bot.Bot, *models.Update) {}),
		bot.WithErrorsHandler(func(error) {}), // such as the poll that the end of ctx interrupts
	)
	if err != nil {
		return err
	}
	b.RegisterHandler(bot.HandlerTypeMessageText, "/start", bot.MatchTypePrefix,
		func(ctx context.Context, b *bot.Bot, update *models.Update) {
			_, _ = b.SendMessage(ctx, &bot.SendMessageParams{
				ChatID: update.Message.Chat.ID,
				Text:   "Hello! Which team are you for?",
				ReplyMarkup: &models.InlineKeyboardMarkup{InlineKeyboard: [][]models.InlineKeyboardButton{{
					{Text: "Brazil", CallbackData: "team:bra"},
					{Text: "Argentina", CallbackData: "team:arg"},
					{Text: "France", CallbackData: "team:fra"},
				}}},
			})
		})
	b.RegisterHandler(bot.HandlerTypeMessageText, "/help", bot.MatchTypePrefix,
		func(ctx context.Context, b *bot.Bot, update *models.Update) {
			_, _ = b.SendMessage(ctx, &bot.SendMessageParams{ChatID: update.Message.Chat.ID, Text: help})
		})
	b.RegisterHandler(bot.HandlerTypeCallbackQueryData, "team:", bot.MatchTypePrefix,
		func(ctx context.Context, b *bot.Bot, update *models.Update) {
			press, question := update.CallbackQuery, update.CallbackQuery.Message.Message
			team := strings.TrimPrefix(press.Data, "team:")
			bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": team, "handler": "choice"})
			_, _ = b.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: press.ID})
			_, _ = b.EditMessageText(ctx, &bot.EditMessageTextParams{
				ChatID: question.Chat.ID, MessageID: question.ID, Text: "Your team: " + teams[team],
			})
		})
	b.Start(ctx)
	return nil
}
