// Package bbtelego connects a bot built on github.com/mymmrac/telego to BB
// Analytics. It is the example of docs/adapters.md: an adapter for a library
// that the project has none for, in a module of its own.
//
//	me, err := bot.GetMe(ctx)
//	// ...
//	bh.Use(bbtelego.Middleware(client, me)) // before every Handle and Group
//
// There is one function for each way to take updates:
//
//   - [Middleware] for a BotHandler: handlers find the tracker of the update
//     with [bb.FromContext];
//   - [Tap] for the channel of updates, no matter who reads it;
//   - [Observe] for a single update.
//
// They may be mixed: an update that several of them see counts once.
//
// me is the bot itself, as GetMe returns it. It may be nil; then commands for
// any @name count as this bot's, and what Telegram delivers again after a
// restart counts twice. The library's bot.ID and bot.Username are not called:
// the first call waits for Telegram, in a handler too, and after an error both
// stay empty for ever.
package bbtelego

import (
	"context"

	"github.com/mymmrac/telego"
	th "github.com/mymmrac/telego/telegohandler"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// Middleware returns a middleware that shows client each update and puts its
// tracker into the handler's context. List it first: it sees every update,
// also those that no handler takes, except what a handler or a middleware
// registered before it keeps to itself.
func Middleware(client *bb.Client, me *telego.User) th.Handler {
	return func(ctx *th.Context, u telego.Update) error {
		return ctx.WithContext(Observe(ctx.Context(), client, me, u)).Next(u)
	}
}

// Tap returns a channel with the same updates, which client saw before, and
// with the same capacity. The tracker is in the context of each update:
// bb.FromContext(u.Context()). A BotHandler does not hand that context on, so
// its handlers need [Middleware] as well.
//
// The channel is closed when updates is. Up to its capacity updates are seen
// before the bot takes them; a goroutine waits while the bot takes none.
func Tap(client *bb.Client, me *telego.User, updates <-chan telego.Update) <-chan telego.Update {
	if !client.Enabled() || updates == nil {
		return updates
	}
	tapped := make(chan telego.Update, cap(updates))
	go func() {
		defer close(tapped)
		for u := range updates {
			tapped <- u.WithContext(Observe(u.Context(), client, me, u))
		}
	}()
	return tapped
}

// Observe shows client an update and returns ctx with its tracker, for
// [bb.FromContext].
func Observe(ctx context.Context, client *bb.Client, me *telego.User, u telego.Update) context.Context {
	return bb.NewContext(ctx, client.Observe(readUpdate(me, &u)))
}
