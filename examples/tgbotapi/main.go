// Command tgbotapi is a bot on telegram-bot-api v5 that asks for a World Cup
// team and reports to BB Analytics who started it, who is active and what they
// chose.
//
//	export TELEGRAM_BOT_TOKEN=... BB_ANALYTICS_ENABLED=true BB_INTEGRATION_KEY=...
//	go run ./examples/tgbotapi
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

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	bbtgbotapi "github.com/silverbranch/bb-telegram-analytics-go/tgbotapi"
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

	server := cmp.Or(os.Getenv("TELEGRAM_API_URL"), "https://api.telegram.org")
	api, err := tgbotapi.NewBotAPIWithAPIEndpoint(token, server+"/bot%s/%s")
	if err != nil {
		return err
	}
	updates := api.GetUpdatesChan(tgbotapi.UpdateConfig{Timeout: 30})
	defer api.StopReceivingUpdates()

	log.Printf("@%s is running, stop it with Ctrl-C", api.Self.UserName)
	for ctx, update := range bbtgbotapi.Range(ctx, client, api, updates) {
		if err := handle(ctx, api, update); err != nil {
			log.Print(err)
		}
	}
	return nil
}

func handle(ctx context.Context, api *tgbotapi.BotAPI, update tgbotapi.Update) error {
	message, press := update.Message, update.CallbackQuery
	switch {
	case message != nil && message.Command() == "start":
		return start(api, message.Chat.ID)
	case press != nil && press.Message != nil && strings.HasPrefix(press.Data, "team:"):
		return choose(ctx, api, press)
	}
	return nil
}

func start(api *tgbotapi.BotAPI, chatID int64) error {
	hello := tgbotapi.NewMessage(chatID, "Hello! Which team are you for?")
	hello.ReplyMarkup = tgbotapi.NewInlineKeyboardMarkup(tgbotapi.NewInlineKeyboardRow(
		tgbotapi.NewInlineKeyboardButtonData("Brazil", "team:bra"),
		tgbotapi.NewInlineKeyboardButtonData("Argentina", "team:arg"),
		tgbotapi.NewInlineKeyboardButtonData("France", "team:fra"),
	))
	_, err := api.Send(hello)
	return err
}

func choose(ctx context.Context, api *tgbotapi.BotAPI, press *tgbotapi.CallbackQuery) error {
	team := strings.TrimPrefix(press.Data, "team:")
	bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": team, "handler": "choice"})
	if _, err := api.Request(tgbotapi.NewCallback(press.ID, "")); err != nil {
		return err
	}
	_, err := api.Send(tgbotapi.NewEditMessageText(
		press.Message.Chat.ID, press.Message.MessageID, "Your team: "+teams[team]))
	return err
}
