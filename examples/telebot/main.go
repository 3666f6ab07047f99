// Command telebot is a bot on telebot.v3 that asks for a World Cup team and
// reports to BB Analytics who started it, who is active and what they chose.
//
//	export TELEGRAM_BOT_TOKEN=... BB_ANALYTICS_ENABLED=true BB_INTEGRATION_KEY=...
//	go run ./examples/telebot
//
// With BB_OUTBOX_DIR, a folder, events that wait survive SIGKILL. TELEGRAM_API_URL
// names a Bot API server of your own, if you run one.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	tele "gopkg.in/telebot.v3"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	bbtelebot "github.com/silverbranch/bb-telegram-analytics-go/telebot"
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

	bot, err := tele.NewBot(tele.Settings{
		Token:  token,
		URL:    os.Getenv("TELEGRAM_API_URL"),
		Poller: &tele.LongPoller{Timeout: 5 * time.Second}, // Stop may have to wait for it
	})
	if err != nil {
		return err
	}
	bbtelebot.Attach(bot, client)

	bot.Handle("/start", start)
	bot.Handle(&tele.InlineButton{Unique: "team"}, choose)

	context.AfterFunc(ctx, bot.Stop)
	log.Printf("@%s is running, stop it with Ctrl-C", bot.Me.Username)
	bot.Start()
	return nil
}

func start(c tele.Context) error {
	menu := &tele.ReplyMarkup{}
	menu.Inline(menu.Row(
		menu.Data("Brazil", "team", "bra"),
		menu.Data("Argentina", "team", "arg"),
		menu.Data("France", "team", "fra"),
	))
	return c.Send("Hello! Which team are you for?", menu)
}

func choose(c tele.Context) error {
	team := c.Data()
	bbtelebot.FromContext(c).ChoiceMade(bb.Payload{"team_code": team, "handler": "choice"})
	if err := c.Respond(); err != nil {
		return err
	}
	return c.Edit("Your team: " + teams[team])
}
