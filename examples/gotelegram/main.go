// Command gotelegram is a bot on go-telegram/bot that asks for a World Cup team
// and reports to BB Analytics who started it, who is active and what they chose.
//
//	export TELEGRAM_BOT_TOKEN=... BB_ANALYTICS_ENABLED=true BB_INTEGRATION_KEY=...
//	go run ./examples/gotelegram
//
// With BB_OUTBOX_DIR, a folder, events that wait survive SIGKILL. TELEGRAM_API_URL
// names a Bot API server of your own, if you run one.
package main

import (
	"cmp"
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
)

var teams = map[string]string{"bra": "Brazil", "arg": "Argentina", "fra": "France"}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	token := os.Getenv("TELEGRAM_BOT_TOKEN")
	if token == "" {
		return errors.New("set TELEGRAM_BOT_TOKEN to the token that @BotFather gave you")
	}

	cfg := bb.ConfigFromEnv()
	outbox, err := bbdisk.OpenEnv()
	if err != nil {
		log.Printf("events wait in memory: %v", err)
	}
	cfg.Outbox = outbox
	client, err := bb.New(cfg)
	if err != nil {
		log.Printf("analytics off: %v", err) // the bot works without
	}
	defer client.Close()

	b, err := bot.New(token,
		bot.WithMiddlewares(bbgotelegram.Middleware(client)), // the first one sees every update
		bot.WithServerURL(cmp.Or(os.Getenv("TELEGRAM_API_URL"), "https://api.telegram.org")),
		bot.WithDefaultHandler(func(context.Context, *bot.Bot, *models.Update) {}),
	)
	if err != nil {
		return err
	}
	b.RegisterHandler(bot.HandlerTypeMessageText, "/start", bot.MatchTypePrefix, start)
	b.RegisterHandler(bot.HandlerTypeCallbackQueryData, "team:", bot.MatchTypePrefix, choose)

	log.Print("the bot is running, stop it with Ctrl-C")
	b.Start(ctx)
	return nil
}

func start(ctx context.Context, b *bot.Bot, update *models.Update) {
	_, err := b.SendMessage(ctx, &bot.SendMessageParams{
		ChatID: update.Message.Chat.ID,
		Text:   "Hello! Which team are you for?",
		ReplyMarkup: &models.InlineKeyboardMarkup{InlineKeyboard: [][]models.InlineKeyboardButton{{
			{Text: "Brazil", CallbackData: "team:bra"},
			{Text: "Argentina", CallbackData: "team:arg"},
			{Text: "France", CallbackData: "team:fra"},
		}}},
	})
	if err != nil {
		log.Print(err)
	}
}

func choose(ctx context.Context, b *bot.Bot, update *models.Update) {
	press := update.CallbackQuery
	team := strings.TrimPrefix(press.Data, "team:")
	bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": team, "handler": "choice"})
	if _, err := b.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: press.ID}); err != nil {
		log.Print(err)
	}
	question := press.Message.Message // nil when it is too old to be edited
	if question == nil {
		return
	}
	_, err := b.EditMessageText(ctx, &bot.EditMessageTextParams{
		ChatID: question.Chat.ID, MessageID: question.ID, Text: "Your team: " + teams[team],
	})
	if err != nil {
		log.Print(err)
	}
}
