package bbtelego_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/mymmrac/telego"
	th "github.com/mymmrac/telego/telegohandler"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtelego "github.com/silverbranch/bb-telegram-analytics-go/examples/telego"
)

func ignore(*th.Context, telego.Update) error { return nil }

// start is the update of a person who sends /start.
func start(id int) telego.Update {
	user := int64(id)
	return telego.Update{UpdateID: id, Message: &telego.Message{
		From: &telego.User{ID: user}, Chat: telego.Chat{ID: user, Type: telego.ChatTypePrivate}, Text: "/start",
	}}
}

// Where the middleware stands among the handlers decides what it sees: the
// library tries everything in the order in which it was registered.
func TestWhatTheMiddlewareSees(t *testing.T) {
	for _, test := range []struct {
		name     string
		register func(handlers *th.HandlerGroup, ours th.Handler)
		want     int
	}{
		{"no handler at all", func(handlers *th.HandlerGroup, ours th.Handler) {
			handlers.Use(ours)
		}, 1},
		{"no handler that takes it", func(handlers *th.HandlerGroup, ours th.Handler) {
			handlers.Use(ours)
			handlers.Handle(ignore, th.None())
		}, 1},
		{"taken in a group", func(handlers *th.HandlerGroup, ours th.Handler) {
			handlers.Use(ours)
			handlers.Group(th.AnyMessage()).Handle(ignore)
		}, 1},
		{"three times", func(handlers *th.HandlerGroup, ours th.Handler) {
			handlers.Use(ours, ours)
			group := handlers.Group()
			group.Use(ours)
			group.Handle(ignore)
		}, 1},
		{"taken by a handler before it", func(handlers *th.HandlerGroup, ours th.Handler) {
			handlers.Handle(ignore)
			handlers.Use(ours)
		}, 0},
		{"stopped by a middleware before it", func(handlers *th.HandlerGroup, ours th.Handler) {
			handlers.Use(ignore, ours)
			handlers.Handle(ignore)
		}, 0},
		{"in a group that does not match", func(handlers *th.HandlerGroup, ours th.Handler) {
			handlers.Group(th.AnyCallbackQuery()).Use(ours)
			handlers.Handle(ignore)
		}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
			handlers := new(th.HandlerGroup)
			test.register(handlers, bbtelego.Middleware(rec.Client(), me))
			if err := handlers.HandleUpdate(t.Context(), newBot(t), start(1)); err != nil {
				t.Error(err)
			}
			rec.Want(bb.EventUserStarted, test.want)
			rec.Want(bb.EventActivity, test.want)
		})
	}
}

// The error of a handler goes where it went without analytics: to the error
// handler of the bot.
func TestErrorOfTheHandler(t *testing.T) {
	mine := errors.New("mine")
	handlers := new(th.HandlerGroup)
	handlers.Use(bbtelego.Middleware(bbtest.NewRecorder(t).Client(), me))
	handlers.Handle(func(*th.Context, telego.Update) error { return mine })
	if err := handlers.HandleUpdate(t.Context(), newBot(t), start(1)); err != mine {
		t.Errorf("the error of the handler came out as %v", err)
	}
}

// Predicates of the library get a context too, and may ask for the tracker.
func TestTrackerInPredicates(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	handlers := new(th.HandlerGroup)
	handlers.Use(bbtelego.Middleware(rec.Client(), me))
	handlers.Handle(ignore, func(ctx context.Context, _ telego.Update) bool {
		bb.FromContext(ctx).Track("asked", nil)
		return false
	})
	if err := handlers.HandleUpdate(t.Context(), newBot(t), start(1)); err != nil {
		t.Error(err)
	}
	rec.Want("asked", 1)
}

func TestTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t)
		updates := make(chan telego.Update, 3)
		tapped := bbtelego.Tap(rec.Client(), me, updates)
		if cap(tapped) != 3 {
			t.Errorf("capacity %d, want 3", cap(tapped))
		}
		for id := range 3 {
			updates <- start(id + 1)
		}
		synctest.Wait()
		rec.Want(bb.EventUserStarted, 3) // before the bot took any
		close(updates)
		taken := 0
		for u := range tapped {
			if taken++; u.UpdateID != taken {
				t.Errorf("update %d came as number %d", u.UpdateID, taken)
			}
		}
		if taken != 3 {
			t.Errorf("%d updates came, want 3", taken)
		}
	})
}

// A consumer that stops reading holds up the tap, and nothing piles up.
func TestTapWithoutConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		updates := make(chan telego.Update)
		tapped := bbtelego.Tap(bbtest.NewRecorder(t).Client(), me, updates)
		updates <- start(1)
		synctest.Wait()
		select {
		case updates <- start(2):
			t.Error("the tap reads ahead of an unbuffered channel")
		default:
		}
		<-tapped
		close(updates)
	})
}

func TestNilSafe(t *testing.T) {
	client := bbtest.NewRecorder(t).Client()
	updates := channelOf()
	if bbtelego.Tap(nil, me, updates) != updates {
		t.Error("Tap of no client is another channel")
	}
	if bbtelego.Tap(client, me, nil) != nil {
		t.Error("Tap of no channel is a channel")
	}
	var (
		noMessage  *telego.Message
		noOld      *telego.InaccessibleMessage
		noPremium  *telego.ChatBoostSourcePremium
		noGift     *telego.ChatBoostSourceGiftCode
		noGiveaway *telego.ChatBoostSourceGiveaway
	)
	for _, u := range []telego.Update{
		{}, {Message: &telego.Message{}}, {InlineQuery: &telego.InlineQuery{}}, {PollAnswer: &telego.PollAnswer{}},
		{CallbackQuery: &telego.CallbackQuery{}}, {CallbackQuery: &telego.CallbackQuery{Message: noMessage}},
		{CallbackQuery: &telego.CallbackQuery{Message: noOld}},
		{MyChatMember: &telego.ChatMemberUpdated{}}, {MessageReaction: &telego.MessageReactionUpdated{}},
		{ChatBoost: &telego.ChatBoostUpdated{}}, {ChatBoost: &telego.ChatBoostUpdated{Boost: telego.ChatBoost{Source: noPremium}}},
		{RemovedChatBoost: &telego.ChatBoostRemoved{Source: noGift}}, {RemovedChatBoost: &telego.ChatBoostRemoved{Source: noGiveaway}},
	} {
		ctx := bbtelego.Observe(t.Context(), client, nil, u)
		bb.FromContext(ctx).ChoiceMade(nil)
	}
}
