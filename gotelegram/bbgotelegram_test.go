package bbgotelegram_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
)

func ignore(context.Context, *bot.Bot, *models.Update) {}

func start(id int64) *models.Update {
	return &models.Update{ID: id, Message: &models.Message{
		From: &models.User{ID: id}, Chat: models.Chat{ID: id, Type: models.ChatTypePrivate}, Text: "/start",
	}}
}

func TestMiddlewareThreeTimes(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
	mw := bbgotelegram.Middleware(rec.Client())
	b := newBot(t, bot.WithMiddlewares(mw, mw), bot.WithDefaultHandler(mw(ignore)))
	b.ProcessUpdate(t.Context(), start(1))
	rec.Want(bb.EventUserStarted, 1)
	rec.Want(bb.EventActivity, 1)
}

// A middleware that stops strangers hides them from what comes after it.
func TestOrderOfMiddlewares(t *testing.T) {
	auth := func(bot.HandlerFunc) bot.HandlerFunc { return ignore }
	for _, test := range []struct {
		name  string
		order func(ours bot.Middleware) []bot.Middleware
		want  int
	}{
		{"first", func(ours bot.Middleware) []bot.Middleware { return []bot.Middleware{ours, auth} }, 1},
		{"not first", func(ours bot.Middleware) []bot.Middleware { return []bot.Middleware{auth, ours} }, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			rec := bbtest.NewRecorder(t)
			b := newBot(t, bot.WithMiddlewares(test.order(bbgotelegram.Middleware(rec.Client()))...), bot.WithDefaultHandler(ignore))
			b.ProcessUpdate(t.Context(), start(1))
			rec.Want(bb.EventUserStarted, test.want)
		})
	}
}

// Telegram repeats an update that was not answered in time; the library hands
// it on again.
func TestWebhookRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t)
		handled := 0
		b := newBot(t, bot.WithMiddlewares(bbgotelegram.Middleware(rec.Client())),
			bot.WithDefaultHandler(func(ctx context.Context, _ *bot.Bot, _ *models.Update) {
				handled++
				bb.FromContext(ctx).ChoiceMade(bb.Payload{"choice_id": "x"})
			}))
		update := string(bbtest.StartJSON(7, ""))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go b.StartWebhook(ctx)
		for range 2 {
			b.WebhookHandler()(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(update)))
		}
		synctest.Wait()
		if handled != 2 {
			t.Errorf("the handler was called %d times, want 2", handled)
		}
		rec.Want(bb.EventUserStarted, 1)
		rec.Want(bb.EventChoiceMade, 1)
	})
}

// Start ends before its handlers do, with their context: events still count.
func TestHandlerOutlivesContext(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b := newBot(t, bot.WithMiddlewares(bbgotelegram.Middleware(rec.Client())),
		bot.WithDefaultHandler(func(ctx context.Context, _ *bot.Bot, _ *models.Update) {
			cancel()
			bb.FromContext(ctx).ChoiceMade(nil)
		}))
	b.ProcessUpdate(ctx, start(1))
	rec.Want(bb.EventChoiceMade, 1)
}

func TestNilSafe(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	handled := 0
	handler := bbgotelegram.Wrap(rec.Client(), func(ctx context.Context, _ *bot.Bot, _ *models.Update) {
		handled++
		bb.FromContext(ctx).ChoiceMade(nil)
	}, nil)
	updates := []*models.Update{
		nil, {}, {Message: &models.Message{}}, {CallbackQuery: &models.CallbackQuery{}}, {InlineQuery: &models.InlineQuery{}},
		{PollAnswer: &models.PollAnswer{}}, {MessageReaction: &models.MessageReactionUpdated{}},
		{ChatBoost: &models.ChatBoostUpdated{}}, {RemovedChatBoost: &models.ChatBoostRemoved{}},
		{MyChatMember: &models.ChatMemberUpdated{}}, {Message: &models.Message{Text: "/start@some_bot"}},
	}
	for _, u := range updates {
		handler(t.Context(), nil, u) // as in the tests of many bots
		handler(t.Context(), new(bot.Bot), u)
	}
	if handled != 2*len(updates) {
		t.Errorf("the handler was called %d times, want %d", handled, 2*len(updates))
	}
}
