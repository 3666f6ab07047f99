package main

// programs are what importers might build, by name.
var programs = map[string]string{
	"empty": `package main

func main() {}
`,
	"nethttp": `package main

import (
	"log"
	"net/http"
)

func main() {
	resp, err := http.Get("https://example.com")
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close()
}
`,
	"core": `package main

import (
	"log"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

func main() {
	client, err := bb.New(bb.ConfigFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	client.For(7, 7).ChoiceMade(bb.Payload{"team_code": "bra"})
}
`,
	"disk": `package main

import (
	"log"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
)

func main() {
	cfg := bb.ConfigFromEnv()
	box, err := bbdisk.Open("events")
	if err != nil {
		log.Fatal(err)
	}
	cfg.Outbox = box
	client, err := bb.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	client.For(7, 7).ChoiceMade(bb.Payload{"team_code": "bra"})
}
`,
	"telebot": `package main

import (
	"log"

	tele "gopkg.in/telebot.v3"
)

func main() {
	bot, err := tele.NewBot(tele.Settings{Token: "token", Poller: &tele.LongPoller{}})
	if err != nil {
		log.Fatal(err)
	}
	bot.Handle("/start", func(c tele.Context) error { return c.Send("Hello!") })
	bot.Start()
}
`,
	"telebot_bb": `package main

import (
	"log"

	tele "gopkg.in/telebot.v3"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbtelebot "github.com/silverbranch/bb-telegram-analytics-go/telebot"
)

func main() {
	client, err := bb.New(bb.ConfigFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	bot, err := tele.NewBot(tele.Settings{Token: "token", Poller: &tele.LongPoller{}})
	if err != nil {
		log.Fatal(err)
	}
	bbtelebot.Attach(bot, client)
	bot.Handle("/start", func(c tele.Context) error {
		bbtelebot.FromContext(c).ChoiceMade(bb.Payload{"team_code": "bra"})
		return c.Send("Hello!")
	})
	bot.Start()
}
`,
	"tgbotapi": `package main

import (
	"log"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

func main() {
	api, err := tgbotapi.NewBotAPI("token")
	if err != nil {
		log.Fatal(err)
	}
	for update := range api.GetUpdatesChan(tgbotapi.UpdateConfig{Timeout: 30}) {
		if update.Message != nil && update.Message.Command() == "start" {
			_, _ = api.Send(tgbotapi.NewMessage(update.Message.Chat.ID, "Hello!"))
		}
	}
}
`,
	"tgbotapi_bb": `package main

import (
	"context"
	"log"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbtgbotapi "github.com/silverbranch/bb-telegram-analytics-go/tgbotapi"
)

func main() {
	client, err := bb.New(bb.ConfigFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	api, err := tgbotapi.NewBotAPI("token")
	if err != nil {
		log.Fatal(err)
	}
	updates := api.GetUpdatesChan(tgbotapi.UpdateConfig{Timeout: 30})
	for ctx, update := range bbtgbotapi.Range(context.Background(), client, api, updates) {
		if update.Message != nil && update.Message.Command() == "start" {
			bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": "bra"})
			_, _ = api.Send(tgbotapi.NewMessage(update.Message.Chat.ID, "Hello!"))
		}
	}
}
`,
	"gotelegram": `package main

import (
	"context"
	"log"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

func main() {
	b, err := bot.New("token")
	if err != nil {
		log.Fatal(err)
	}
	b.RegisterHandler(bot.HandlerTypeMessageText, "/start", bot.MatchTypePrefix, start)
	b.Start(context.Background())
}

func start(ctx context.Context, b *bot.Bot, update *models.Update) {
	_, _ = b.SendMessage(ctx, &bot.SendMessageParams{ChatID: update.Message.Chat.ID, Text: "Hello!"})
}
`,
	"gotelegram_bb": `package main

import (
	"context"
	"log"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
)

func main() {
	client, err := bb.New(bb.ConfigFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	b, err := bot.New("token", bot.WithMiddlewares(bbgotelegram.Middleware(client)))
	if err != nil {
		log.Fatal(err)
	}
	b.RegisterHandler(bot.HandlerTypeMessageText, "/start", bot.MatchTypePrefix, start)
	b.Start(context.Background())
}

func start(ctx context.Context, b *bot.Bot, update *models.Update) {
	bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": "bra"})
	_, _ = b.SendMessage(ctx, &bot.SendMessageParams{ChatID: update.Message.Chat.ID, Text: "Hello!"})
}
`,
}
