package exampletest

import (
	"context"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	tele "gopkg.in/telebot.v3"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// The bots below all do the same with their library: they answer a text with
// a photo and then with the text and a button, and a press with an answer, an
// edit and "typing". Each goes on only if the library could read the answer to
// what it did before. Each returns what stops it.

// pollTimeout is short because a Stop of telebot that meets it between two polls
// waits for the next one to end.
const pollTimeout = time.Second

func runTelebot(t *testing.T, telegram *bbtest.Telegram) (stop func()) {
	b, err := tele.NewBot(tele.Settings{
		URL: telegram.URL, Token: telegram.Token, Poller: &tele.LongPoller{Timeout: pollTimeout},
		OnError: func(error, tele.Context) {}, // such as of a call that Stop interrupts
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Handle(tele.OnText, func(c tele.Context) error {
		if err := c.Send(&tele.Photo{File: tele.FromReader(strings.NewReader("photo"))}); err != nil {
			return err
		}
		button := tele.InlineButton{Text: "More", Data: "more"}
		return c.Send(c.Text(), &tele.ReplyMarkup{InlineKeyboard: [][]tele.InlineButton{{button}}})
	})
	b.Handle(tele.OnCallback, func(c tele.Context) error {
		if err := c.Respond(); err != nil {
			return err
		}
		if err := c.Edit("pressed " + c.Callback().Data); err != nil {
			return err
		}
		return c.Notify(tele.Typing)
	})
	go b.Start()
	return b.Stop
}

func runTgbotapi(t *testing.T, telegram *bbtest.Telegram) (stop func()) {
	_ = tgbotapi.SetLogger(log.New(io.Discard, "", 0)) // the poll that the end of the test cuts off
	api, err := tgbotapi.NewBotAPIWithAPIEndpoint(telegram.Token, telegram.URL+"/bot%s/%s")
	if err != nil {
		t.Fatal(err)
	}
	updates := api.GetUpdatesChan(tgbotapi.UpdateConfig{Timeout: int(pollTimeout.Seconds())})
	go func() {
		for update := range updates {
			if m := update.Message; m != nil {
				photo := tgbotapi.NewPhoto(m.Chat.ID, tgbotapi.FileBytes{Name: "photo", Bytes: []byte("photo")})
				if sent, err := api.Send(photo); err != nil || sent.Photo == nil {
					continue
				}
				reply := tgbotapi.NewMessage(m.Chat.ID, m.Text)
				reply.ReplyMarkup = tgbotapi.NewInlineKeyboardMarkup(
					tgbotapi.NewInlineKeyboardRow(tgbotapi.NewInlineKeyboardButtonData("More", "more")))
				_, _ = api.Send(reply)
			}
			if q := update.CallbackQuery; q != nil {
				chat := q.Message.Chat.ID
				if _, err := api.Request(tgbotapi.NewCallback(q.ID, "")); err != nil {
					continue
				}
				if _, err := api.Send(tgbotapi.NewEditMessageText(chat, q.Message.MessageID, "pressed "+q.Data)); err != nil {
					continue
				}
				_, _ = api.Request(tgbotapi.NewChatAction(chat, tgbotapi.ChatTyping))
			}
		}
	}()
	return api.StopReceivingUpdates
}

func runGotelegram(t *testing.T, telegram *bbtest.Telegram) (stop func()) {
	handle := func(ctx context.Context, b *bot.Bot, update *models.Update) {
		if m := update.Message; m != nil {
			sent, err := b.SendPhoto(ctx, &bot.SendPhotoParams{
				ChatID: m.Chat.ID, Photo: &models.InputFileUpload{Filename: "photo", Data: strings.NewReader("photo")},
			})
			if err != nil || len(sent.Photo) == 0 {
				return
			}
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
			if _, err := b.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: q.ID}); err != nil {
				return
			}
			_, err := b.EditMessageText(ctx, &bot.EditMessageTextParams{ChatID: m.Chat.ID, MessageID: m.ID, Text: "pressed " + q.Data})
			if err != nil {
				return
			}
			_, _ = b.SendChatAction(ctx, &bot.SendChatActionParams{ChatID: m.Chat.ID, Action: models.ChatActionTyping})
		}
	}
	b, err := bot.New(telegram.Token, bot.WithServerURL(telegram.URL), bot.WithHTTPClient(pollTimeout, http.DefaultClient),
		bot.WithDefaultHandler(handle), bot.WithErrorsHandler(func(error) {})) // the poll that stop cuts off
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

// The libraries poll the simulated Telegram, and read what it answers.
func TestRealLibraries(t *testing.T) {
	for name, run := range map[string]func(*testing.T, *bbtest.Telegram) (stop func()){
		"telebot": runTelebot, "tgbotapi": runTgbotapi, "gotelegram": runGotelegram,
	} {
		t.Run(name, func(t *testing.T) {
			telegram := bbtest.NewTelegram(t)
			stop := run(t, telegram)
			hello := bbtest.GroupTextJSON(7, -100, "hello")
			telegram.Push(hello)
			sent := telegram.Wait("sendMessage", 1)[0]
			if sent.Params["chat_id"] != "-100" || sent.Params["text"] != "hello" || !strings.Contains(sent.Params["reply_markup"], `"more"`) {
				t.Errorf("the bot sent %v", sent.Params)
			}
			telegram.Push(bbtest.ButtonJSON(7, "more"))
			edited := telegram.Wait("editMessageText", 1)[0]
			if edited.Params["chat_id"] != "7" || edited.Params["text"] != "pressed more" {
				t.Errorf("the bot edited %v", edited.Params)
			}
			telegram.Wait("sendChatAction", 1)
			stop() // and start again, unaware of what it did before
			telegram.Push(hello)
			defer run(t, telegram)()
			if again := telegram.Wait("sendMessage", 2)[1]; again.Params["text"] != "hello" {
				t.Errorf("the bot made %v of the update that came again", again.Params)
			}
		})
	}
}
