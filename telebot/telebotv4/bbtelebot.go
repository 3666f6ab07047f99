// Code generated from telebot/bbtelebot.go; DO NOT EDIT.

package bbtelebot

import (
	"context"
	"log/slog"
	"reflect"
	"sync"

	tele "gopkg.in/telebot.v4"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// Attach shows client every update that bot receives, handled or not, and
// gives handlers their tracker; see [FromContext]. Call it right after
// tele.NewBot, before any Handle and before Start. Calling it again with the
// same client changes nothing, nor does a client that is nil or disabled.
func Attach(bot *tele.Bot, client *bb.Client) {
	if bot == nil || !client.Enabled() || !tapPoller(bot, client) {
		return
	}
	bot.Use(Middleware(client))
	if isStarted(bot) {
		client.Warn("bb: Attach was called after Start: updates that no handler takes are not counted",
			slog.String("remedy", "call it right after tele.NewBot"))
	}
}

// isStarted asks the one thing by which telebot itself knows. It is not read under
// telebot's lock, but before Start nobody else touches it.
func isStarted(bot *tele.Bot) bool {
	running := reflect.ValueOf(bot).Elem().FieldByName("stopClient")
	return running.Kind() == reflect.Chan && !running.IsNil()
}

// Middleware shows client the updates that reach a handler, and gives the
// handler its tracker; see [FromContext]. Use it for single handlers and
// groups, or with bot.Use where Attach is too much.
func Middleware(client *bb.Client) tele.MiddlewareFunc {
	return func(next tele.HandlerFunc) tele.HandlerFunc {
		return func(c tele.Context) error {
			bind(c, client)
			return next(c)
		}
	}
}

// FromContext returns the tracker of the update that c is about. Every call
// for one context returns the same tracker. Where no middleware ran, as for a
// handler registered before Attach, the client that was attached to the bot is
// found through its poller. Without any client the tracker is nil, which is
// safe to use.
func FromContext(c tele.Context) *bb.Tracker {
	if c == nil {
		return nil
	}
	if b, ok := c.Get(contextKey).(*binding); ok {
		return b.tracker
	}
	if t := tapOf(botOf(c), nil); t != nil {
		return bind(c, t.client)
	}
	return bb.FromContext(context.TODO()) // none, which it logs once
}

const contextKey = "bbtelebot"

// binding is what the context of an update keeps under contextKey.
type binding struct {
	client  *bb.Client
	tracker *bb.Tracker
}

// bindMu lets one of several goroutines with the same context bind it.
// telebot has no such operation, and runs some handlers several times at once
// for one update.
var bindMu sync.Mutex

// bind observes the update of c, unless client did so for this context before.
func bind(c tele.Context, client *bb.Client) *bb.Tracker {
	if client == nil {
		return nil
	}
	if b, ok := c.Get(contextKey).(*binding); ok && b.client == client {
		return b.tracker
	}
	fresh := &binding{client, observe(c, client)}

	bindMu.Lock()
	defer bindMu.Unlock()
	if b, ok := c.Get(contextKey).(*binding); ok && b.client == client {
		return b.tracker
	}
	c.Set(contextKey, fresh)
	return fresh.tracker
}

func observe(c tele.Context, client *bb.Client) *bb.Tracker {
	u := c.Update()
	return client.Observe(readUpdate(botOf(c), &u))
}

// botOf asks for the type because later versions of telebot return an
// interface there.
func botOf(c tele.Context) *tele.Bot {
	bot, _ := any(c.Bot()).(*tele.Bot)
	return bot
}
