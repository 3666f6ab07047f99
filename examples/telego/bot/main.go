// Command bot is a bot on telego that asks for a World Cup team and reports to
// BB Analytics who started it, who is active and what they chose.
//
//	export TELEGRAM_BOT_TOKEN=... BB_ANALYTICS_ENABLED=true BB_INTEGRATION_KEY=...
//	cd examples/telego && go run ./bot
//
// With BB_OUTBOX_DIR, a folder, events that wait survive SIGKILL. TELEGRAM_API_URL
// names a Bot API server of your own, if you run one.
package main

import (
	"cmp"
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/mymmrac/telego"
	th "github.com/mymmrac/telego/telegohandler"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	bbhttp "github.com/silverbranch/bb-telegram-analytics-go/core/http"
	bbtelego "github.com/silverbranch/bb-telegram-analytics-go/examples/telego"
)

const (
	hello   = 10 * time.Second // for the first answer of Telegram
	goodbye = 5 * time.Second  // for the handlers that run at the end
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

	bot, err := telego.NewBot(token,
		telego.WithHTTPClient(&http.Client{Transport: bbhttp.NewTransport(client, nil)}), // also sees what telego cannot decode
		telego.WithAPIServer(cmp.Or(os.Getenv("TELEGRAM_API_URL"), "https://api.telegram.org")))
	if err != nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, hello)
	defer cancel()
	me, err := bot.GetMe(asking)
	if err != nil {
		return err
	}
	updates, err := bot.UpdatesViaLongPolling(ctx, nil)
	if err != nil {
		return err
	}
	handlers, err := th.NewBotHandler(bot, updates)
	if err != nil {
		return err
	}
	handlers.Use(bbtelego.Middleware(client, me)) // before all others: sees every update
	handlers.HandleMessage(start, th.CommandEqual("start"))
	handlers.HandleCallbackQuery(choose, th.CallbackDataPrefix("team:"))

	log.Printf("@%s is running, stop it with Ctrl-C", me.Username)
	go func() {
		if err := handlers.Start(); err != nil {
			log.Print(err)
		}
	}()
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	return handlers.StopWithContext(stopping)
}

func start(ctx *th.Context, message telego.Message) error {
	_, err := ctx.Bot().SendMessage(ctx, &telego.SendMessageParams{
		ChatID: telego.ChatID{ID: message.Chat.ID},
		Text:   "Hello! Which team are you for?",
		ReplyMarkup: &telego.InlineKeyboardMarkup{InlineKeyboard: [][]telego.InlineKeyboardButton{{
			{Text: "Brazil", CallbackData: "team:bra"},
			{Text: "Argentina", CallbackData: "team:arg"},
			{Text: "France", CallbackData: "team:fra"},
		}}},
	})
	return err // the library logs it
}

func choose(ctx *th.Context, press telego.CallbackQuery) error {
	team := strings.TrimPrefix(press.Data, "team:")
	bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": team, "handler": "choice"})
	err := ctx.Bot().AnswerCallbackQuery(ctx, &telego.AnswerCallbackQueryParams{CallbackQueryID: press.ID})
	if err != nil || press.Message == nil { // nil where the button was sent inline
		return err
	}
	_, err = ctx.Bot().EditMessageText(ctx, &telego.EditMessageTextParams{
		ChatID:    telego.ChatID{ID: press.Message.GetChat().ID},
		MessageID: press.Message.GetMessageID(), Text: "Your team: " + teams[team],
	})
	return err
}
