// Package bbgotelegram connects a bot built on github.com/go-telegram/bot to
// BB Analytics.
//
//	b, err := bot.New(token, bot.WithMiddlewares(bbgotelegram.Middleware(client)))
//
// [Middleware] sees every update, matched by a handler or not, from polling,
// webhook or ProcessUpdate. List it first: a middleware before it that stops an
// update, such as a check of who may use the bot, hides the update from it.
// [Wrap] is for a single handler. An update that both see counts once.
//
// Handlers get the tracker of the update with [bb.FromContext].
package bbgotelegram

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// Middleware returns a middleware that shows client each update and puts its
// tracker into the handler's context.
func Middleware(client *bb.Client, opts ...Option) bot.Middleware {
	o := newObserver(client, opts)
	return func(next bot.HandlerFunc) bot.HandlerFunc {
		return func(ctx context.Context, b *bot.Bot, u *models.Update) {
			next(o.observe(ctx, b, u), b, u)
		}
	}
}

// Wrap is Middleware around one handler.
func Wrap(client *bb.Client, handler bot.HandlerFunc, opts ...Option) bot.HandlerFunc {
	return Middleware(client, opts...)(handler)
}

// Option is a setting of [Middleware] and [Wrap].
type Option func(*observer)

// WithUsername tells the bot's user name, with or without "@". It is what
// "/start@my_bot" in a group is compared with. Without this option it is asked
// for with one getMe in the background, when the first update from a group comes;
// commands for any @name wait for the answer, for at most 10 s.
func WithUsername(name string) Option {
	return func(o *observer) { o.username = strings.TrimPrefix(name, "@") }
}

// observer shows updates to a client.
type observer struct {
	client   *bb.Client
	username string      // "": ask Telegram
	asked    atomic.Bool // an update of a group came
}

func newObserver(client *bb.Client, opts []Option) *observer {
	o := &observer{client: client}
	for _, opt := range opts {
		if opt != nil {
			opt(o)
		}
	}
	return o
}

// observe returns ctx with the tracker of u.
func (o *observer) observe(ctx context.Context, b *bot.Bot, u *models.Update) context.Context {
	if u == nil {
		return ctx
	}
	facts := readUpdate(b, u)
	facts.BotUsername = o.username
	if o.username == "" && b != nil && o.client.Enabled() {
		facts.NameAsked = true
		if !o.asked.Load() && isGroup(facts.ChatType) || namesBot(facts.Text) {
			o.asked.Store(true)
			usernameOf(b).tell(b, o.client)
		}
	}
	return bb.NewContext(ctx, o.client.Observe(facts))
}

// isGroup reports whether people write the names of bots behind commands there.
func isGroup(chatType string) bool { return chatType == "group" || chatType == "supergroup" }

// namesBot reports whether text may be a command for a bot with a certain name, as
// in "/start@my_bot". The client looks closer.
func namesBot(text string) bool { return strings.HasPrefix(text, "/") && strings.Contains(text, "@") }
