package telegramsim_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	tele "gopkg.in/telebot.v3"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/telegramsim"
)

// The bots below all do the same with their library: they answer a text with
// the text and a button, and a press with an answer and an edit. Each returns
// what stops it.

// pollTimeout is short because a Stop of telebot that meets it between two polls
// waits for the next one to end.
const pollTimeout = time.Second

func runTelebot(t *testing.T, url string) (stop func()) {
	b, err := tele.NewBot(tele.Settings{URL: url, Token: token, Poller: &tele.LongPoller{Timeout: pollTimeout}})
	if err != nil {
		t.Fatal(err)
	}
	b.Handle(tele.OnText, func(c tele.Context) error {
		button := tele.InlineButton{Text: "More", Data: "more"}
		return c.Send(c.Text(), &tele.ReplyMarkup{InlineKeyboard: [][]tele.InlineButton{{button}}})
	})
	b.Handle(tele.OnCallback, func(c tele.Context) error {
		if err := c.Respond(); err != nil {
			return err
		}
		return c.Edit("pressed " + c.Callback().Data)
	})
	go b.Start()
	return b.Stop
}

func runTgbotapi(t *testing.T, url string) (stop func()) {
	api, err := tgbotapi.NewBotAPIWithAPIEndpoint(token, url+"/bot%s/%s")
	if err != nil {
		t.Fatal(err)
	}
	request := tgbotapi.NewUpdate(0)
	request.Timeout = int(pollTimeout.Seconds())
	updates := api.GetUpdatesChan(request)
	go func() {
		for update := range updates {
			if m := update.Message; m != nil {
				reply := tgbotapi.NewMessage(m.Chat.ID, m.Text)
				reply.ReplyMarkup = tgbotapi.NewInlineKeyboardMarkup(
					tgbotapi.NewInlineKeyboardRow(tgbotapi.NewInlineKeyboardButtonData("More", "more")))
				_, _ = api.Send(reply)
			}
			if q := update.CallbackQuery; q != nil {
				_, _ = api.Request(tgbotapi.NewCallback(q.ID, ""))
				_, _ = api.Send(tgbotapi.NewEditMessageText(q.Message.Chat.ID, q.Message.MessageID, "pressed "+q.Data))
			}
		}
	}()
	return api.StopReceivingUpdates
}

func runGotelegram(t *testing.T, url string) (stop func()) {
	handle := func(ctx context.Context, b *bot.Bot, update *models.Update) {
		if m := update.Message; m != nil {
			_, _ = b.SendMessage(ctx, &bot.SendMessageParams{
				ChatID: m.Chat.ID,
				Text:   m.Text,
				ReplyMarkup: &models.InlineKeyboardMarkup{InlineKeyboard: [][]models.InlineKeyboardButton{
					{{Text: "More", CallbackData: "more"}},
				}},
			})
		}
		if q := update.CallbackQuery; q != nil {
			m := q.Message.Message
			_, _ = b.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: q.ID})
			_, _ = b.EditMessageText(ctx, &bot.EditMessageTextParams{
				ChatID: m.Chat.ID, MessageID: m.ID, Text: "pressed " + q.Data,
			})
		}
	}
	b, err := bot.New(token, bot.WithServerURL(url), bot.WithHTTPClient(patience, http.DefaultClient), bot.WithDefaultHandler(handle))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Start(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

func TestRealLibraries(t *testing.T) {
	libraries := []struct {
		name string
		run  func(*testing.T, string) (stop func())
	}{
		{"telebot", runTelebot},
		{"tgbotapi", runTgbotapi},
		{"gotelegram", runGotelegram},
	}
	for _, library := range libraries {
		t.Run(library.name, func(t *testing.T) {
			t.Parallel()
			sim, demo := start(t)
			stop := library.run(t, sim.URL())
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()

			hello := demo.SendText(ann, group, "hello")
			sent := await(ctx, t, demo, telegramsim.SentTo(group.ID))
			if sent.Message.Text != "hello" {
				t.Errorf("the bot sent %q", sent.Message.Text)
			}
			if _, err := demo.Press(ann, *sent.Message, "more"); err != nil {
				t.Fatal(err)
			}
			edited := await(ctx, t, demo, telegramsim.EditedIn(group.ID))
			if edited.Message.Text != "pressed more" || edited.Message.ID != sent.Message.ID {
				t.Errorf("the bot edited %+v", edited.Message)
			}

			stop() // and start again, unaware of what it did before
			demo.Redeliver(hello)
			defer library.run(t, sim.URL())()
			again := await(ctx, t, demo, func(c telegramsim.Call) bool {
				return c.Seq > edited.Seq && telegramsim.SentTo(group.ID)(c)
			})
			if again.Message.Text != "hello" {
				t.Errorf("the bot made %+v of the redelivered update", again)
			}
		})
	}
}

func await(ctx context.Context, t *testing.T, b *telegramsim.Bot, match func(telegramsim.Call) bool) telegramsim.Call {
	t.Helper()
	call, err := b.Await(ctx, match)
	if err != nil {
		t.Fatal(err)
	}
	return call
}
