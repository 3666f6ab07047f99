package exampletest

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	tele "gopkg.in/telebot.v3"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
	bbtelebot "github.com/silverbranch/bb-telegram-analytics-go/telebot"
	bbtgbotapi "github.com/silverbranch/bb-telegram-analytics-go/tgbotapi"
)

// shape is a way in which bots end, as it was found in public bots, and as the
// table "How your bot stops" of README.md makes it. Each form is a main.
type shape struct {
	name     string
	was, now func(*bb.Client)
	webhook  bool // it gets updates at webhookAddress
	slow     bool // its handlers choose a second after they answered
	folder   bool // now has BB_OUTBOX_DIR, and is started once more
	late     bool // people write while Close is at work, and it is started once more
}

var shapes = []shape{
	{
		name: "os.Exit in a signal goroutine",
		was:  func(client *bb.Client) { exitOnSignal(client, func() {}) },
		now:  func(client *bb.Client) { exitOnSignal(client, func() { _ = client.Close() }) },
	},
	{name: "select without an end", was: selectForEver, now: selectUntilSignal},
	{
		name: "os.Interrupt alone",
		was:  func(client *bb.Client) { loop(client, (*tgbotapi.BotAPI).StopReceivingUpdates, os.Interrupt) },
		now: func(client *bb.Client) {
			loop(client, (*tgbotapi.BotAPI).StopReceivingUpdates, os.Interrupt, syscall.SIGTERM)
		},
	},
	{name: "ListenAndServe", was: listenForEver, now: listenUntilSignal, webhook: true},
	{name: "a webhook of telebot", was: hookForEver, now: hookUntilSignal, webhook: true},
	{name: "a webhook of go-telegram/bot", was: answerFirst, now: handleFirst, webhook: true, slow: true},
	{
		name: "a goroutine for each update",
		was:  func(client *bb.Client) { goroutines(client, func(*sync.WaitGroup) {}) },
		now:  func(client *bb.Client) { goroutines(client, (*sync.WaitGroup).Wait) },
		slow: true,
	},
	{
		name: "handlers that telebot runs",
		was:  func(client *bb.Client) { telebotHandlers(client, func(*sync.WaitGroup) {}) },
		now:  func(client *bb.Client) { telebotHandlers(client, (*sync.WaitGroup).Wait) },
		slow: true,
	},
	{
		name: "handlers that go-telegram/bot runs",
		was:  func(client *bb.Client) { gotelegramHandlers(client, func(*sync.WaitGroup) {}) },
		now:  func(client *bb.Client) { gotelegramHandlers(client, (*sync.WaitGroup).Wait) },
		slow: true,
	},
	{
		name: "telegram-bot-api fetches on",
		was:  func(client *bb.Client) { loop(client, func(*tgbotapi.BotAPI) {}, os.Interrupt, syscall.SIGTERM) },
		now: func(client *bb.Client) {
			loop(client, (*tgbotapi.BotAPI).StopReceivingUpdates, os.Interrupt, syscall.SIGTERM)
		},
		late: true,
	},
	{
		name: "a group of services",
		was:  func(client *bb.Client) { services(client, func(context.Context) error { return nil }) },
		now:  func(client *bb.Client) { services(client, client.Shutdown) },
	},
	{name: "cannot be changed", was: selectForEver, now: selectForEver, folder: true},
}

func exitOnSignal(client *bb.Client, before func()) {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ended
		before()
		os.Exit(0)
	}()
	newTelebot(client, polling()).Start()
}

func selectForEver(client *bb.Client) {
	go newTelebot(client, polling()).Start()
	select {}
}

func selectUntilSignal(client *bb.Client) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer client.Close()
	go newTelebot(client, polling()).Start()
	<-ctx.Done()
}

// loop calls ended when its loop has ended.
func loop(client *bb.Client, ended func(*tgbotapi.BotAPI), signals ...os.Signal) {
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	defer client.Close()
	api := newTgbotapi()
	defer ended(api)
	for _, update := range bbtgbotapi.Range(ctx, client, api, api.GetUpdatesChan(tgbotapi.UpdateConfig{Timeout: 5})) {
		hello(api, update)
	}
}

func telebotHandlers(client *bb.Client, wait func(*sync.WaitGroup)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer client.Close()
	b := newTelebot(client, polling())
	var running sync.WaitGroup
	b.Handle("/start", func(c tele.Context) error {
		if err := c.Send("Hello!"); err != nil {
			return err
		}
		time.Sleep(time.Second)
		bbtelebot.FromContext(c).ChoiceMade(bb.Payload{"team_code": "bra"})
		return nil
	}, func(next tele.HandlerFunc) tele.HandlerFunc {
		return func(c tele.Context) error {
			running.Add(1)
			defer running.Done()
			return next(c)
		}
	})
	go b.Start()
	<-ctx.Done()
	wait(&running)
}

func gotelegramHandlers(client *bb.Client, wait func(*sync.WaitGroup)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer client.Close()
	var running sync.WaitGroup
	newGotelegram(client, bot.WithMiddlewares(func(next bot.HandlerFunc) bot.HandlerFunc {
		return func(ctx context.Context, b *bot.Bot, update *models.Update) {
			running.Add(1)
			defer running.Done()
			next(context.WithoutCancel(ctx), b, update)
		}
	})).Start(ctx)
	wait(&running)
}

func listenForEver(client *bb.Client) {
	defer client.Close()
	log.Fatal(http.ListenAndServe(os.Getenv(webhookAddress), webhook(client))) //nolint:gocritic // as found
}

func hookForEver(client *bb.Client) {
	hook := &tele.Webhook{Listen: os.Getenv(webhookAddress), Endpoint: &tele.WebhookEndpoint{PublicURL: "https://bot.example.com/"}}
	go newTelebot(client, hook).Start()
	select {}
}

func hookUntilSignal(client *bb.Client) {
	hook := &tele.Webhook{Endpoint: &tele.WebhookEndpoint{PublicURL: "https://bot.example.com/"}}
	bot := newTelebot(client, hook)
	go bot.Start()
	serveUntilSignal(client, hook)
}

// answerFirst is the library's own webhook: it answers Telegram, then it handles.
func answerFirst(client *bb.Client) {
	b := newGotelegram(client)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer client.Close()
	go func() {
		log.Print(http.ListenAndServe(os.Getenv(webhookAddress), b.WebhookHandler())) //nolint:gosec // as found
	}()
	b.StartWebhook(ctx)
}

func handleFirst(client *bb.Client) {
	b := newGotelegram(client, bot.WithNotAsyncHandlers())
	serveUntilSignal(client, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var update models.Update
		if err := json.NewDecoder(r.Body).Decode(&update); err != nil {
			http.Error(w, "this is no update", http.StatusBadRequest)
			return
		}
		b.ProcessUpdate(r.Context(), &update)
	}))
}

func listenUntilSignal(client *bb.Client) { serveUntilSignal(client, webhook(client)) }

func serveUntilSignal(client *bb.Client, handler http.Handler) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer client.Close()
	server := &http.Server{Addr: os.Getenv(webhookAddress), Handler: handler, ReadHeaderTimeout: time.Second}
	go func() {
		log.Print(server.ListenAndServe())
		stop()
	}()
	<-ctx.Done()
	ending, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = server.Shutdown(ending)
}

func goroutines(client *bb.Client, wait func(*sync.WaitGroup)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer client.Close()
	api := newTgbotapi()
	var running sync.WaitGroup
	for ctx, update := range bbtgbotapi.Range(ctx, client, api, api.GetUpdatesChan(tgbotapi.UpdateConfig{Timeout: 5})) {
		running.Go(func() {
			hello(api, update)
			time.Sleep(time.Second)
			bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": "bra"})
		})
	}
	wait(&running)
}

// services is a bot among services that a framework such as fx starts, and stops
// with a context that ends.
func services(client *bb.Client, onStop func(context.Context) error) {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
	go newTelebot(client, polling()).Start()
	<-ended
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := onStop(ctx); err != nil {
		log.Print(err)
	}
}

func polling() tele.Poller { return &tele.LongPoller{Timeout: 5 * time.Second} }

// webhookAddress is the variable with the address that a bot listens on.
const webhookAddress = "EXAMPLETEST_WEBHOOK"

func newTelebot(client *bb.Client, poller tele.Poller) *tele.Bot {
	bot, err := tele.NewBot(tele.Settings{
		URL: os.Getenv("TELEGRAM_API_URL"), Token: os.Getenv("TELEGRAM_BOT_TOKEN"), Poller: poller,
	})
	if err != nil {
		log.Fatal(err)
	}
	bbtelebot.Attach(bot, client)
	bot.Handle("/start", func(c tele.Context) error { return c.Send("Hello!") })
	return bot
}

func newGotelegram(client *bb.Client, opts ...bot.Option) *bot.Bot {
	opts = append(opts,
		bot.WithServerURL(os.Getenv("TELEGRAM_API_URL")),
		bot.WithMiddlewares(bbgotelegram.Middleware(client)),
		bot.WithDefaultHandler(func(ctx context.Context, b *bot.Bot, update *models.Update) {
			if _, err := b.SendMessage(ctx, &bot.SendMessageParams{ChatID: update.Message.Chat.ID, Text: "Hello!"}); err != nil {
				log.Print(err)
			}
			time.Sleep(time.Second)
			bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": "bra"})
		}))
	b, err := bot.New(os.Getenv("TELEGRAM_BOT_TOKEN"), opts...)
	if err != nil {
		log.Fatal(err)
	}
	return b
}

func newTgbotapi() *tgbotapi.BotAPI {
	api, err := tgbotapi.NewBotAPIWithAPIEndpoint(os.Getenv("TELEGRAM_BOT_TOKEN"), os.Getenv("TELEGRAM_API_URL")+"/bot%s/%s")
	if err != nil {
		log.Fatal(err)
	}
	return api
}

func webhook(client *bb.Client) http.Handler {
	api := newTgbotapi()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		update, err := api.HandleUpdate(r)
		if err != nil {
			http.Error(w, "this is no update", http.StatusBadRequest)
			return
		}
		bbtgbotapi.Observe(r.Context(), client, api, update)
		hello(api, *update)
	})
}

func hello(api *tgbotapi.BotAPI, update tgbotapi.Update) {
	if _, err := api.Send(tgbotapi.NewMessage(update.Message.Chat.ID, "Hello!")); err != nil {
		log.Print(err)
	}
}
