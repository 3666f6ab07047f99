// Package bbtgbotapi connects a bot built on
// github.com/go-telegram-bot-api/telegram-bot-api/v5 to BB Analytics.
//
// That library has neither handlers nor middleware: the bot's own code reads a
// channel. There is one function for each way to do so:
//
//   - [Range] for a loop: it counts each update as the loop takes it, and gives
//     the tracker in a context;
//   - [Tap] for a select statement, or wherever the channel is passed on;
//   - [Wrap] for a function that is called with each update;
//   - [Observe] for webhooks and updates decoded by the bot.
//
// They may be mixed: an update that several of them see counts once. Functions that
// get no more than a message or a callback query have their tracker from
// [ForMessage] and [ForCallback].
package bbtgbotapi

import (
	"context"
	"iter"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// Range iterates over updates. The context of each is ctx with the tracker of
// the update, for [bb.FromContext]. The loop ends when updates is closed, or when
// ctx is done and what waited in the channel then was taken too: of that
// Telegram knows, or will with the next poll, that the bot has it, and does not
// send it again. Several goroutines may range over one channel.
func Range(ctx context.Context, client *bb.Client, api *tgbotapi.BotAPI, updates tgbotapi.UpdatesChannel) iter.Seq2[context.Context, tgbotapi.Update] {
	return func(yield func(context.Context, tgbotapi.Update) bool) {
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case u, ok := <-updates:
				if !ok || !yield(Observe(ctx, client, api, &u), u) {
					return
				}
			}
		}
		for range len(updates) { // and not what comes meanwhile, which may never end
			select {
			case u, ok := <-updates:
				if !ok || !yield(Observe(ctx, client, api, &u), u) {
					return
				}
			default: // another goroutine took it
				return
			}
		}
	}
}

// Tap returns a channel with the same updates, which client saw before, and
// with the same capacity, so that Clear still empties a backlog. It is closed
// when updates is. Up to its capacity updates are seen before the bot takes
// them; a goroutine waits while the bot takes none.
//
// The channel has no place for a tracker: call [Observe] with an update to get
// it.
func Tap(client *bb.Client, api *tgbotapi.BotAPI, updates tgbotapi.UpdatesChannel) tgbotapi.UpdatesChannel {
	if !client.Enabled() || updates == nil {
		return updates
	}
	tapped := make(chan tgbotapi.Update, cap(updates))
	go func() {
		defer close(tapped)
		for u := range updates {
			client.Observe(readUpdate(api, &u))
			tapped <- u
		}
	}()
	return tapped
}

// Wrap returns handle with each update seen by client and its tracker in the
// context, for [bb.FromContext].
func Wrap(client *bb.Client, api *tgbotapi.BotAPI, handle func(context.Context, tgbotapi.Update)) func(context.Context, tgbotapi.Update) {
	return func(ctx context.Context, u tgbotapi.Update) {
		handle(Observe(ctx, client, api, &u), u)
	}
}

// Observe shows client an update and returns ctx with its tracker, for
// [bb.FromContext].
func Observe(ctx context.Context, client *bb.Client, api *tgbotapi.BotAPI, u *tgbotapi.Update) context.Context {
	if u == nil {
		return ctx
	}
	return bb.NewContext(ctx, client.Observe(readUpdate(api, u)))
}

// ForMessage returns a tracker for a function that gets only a message of an update,
// which one of the others sees before. What it sends stems from the message: the
// same event with the same payload counts once for a message, however often it is
// sent, also after a redelivery or a restart, and from a copy.
func ForMessage(client *bb.Client, api *tgbotapi.BotAPI, m *tgbotapi.Message) *bb.Tracker {
	if m == nil || !client.Enabled() {
		return nil
	}
	var r updateBuilder
	r.bot(api)
	r.message("", m)
	r.MessageID = int64(m.MessageID)
	return client.Bind(bb.Update(r))
}

// ForCallback is ForMessage for a callback query.
func ForCallback(client *bb.Client, api *tgbotapi.BotAPI, q *tgbotapi.CallbackQuery) *bb.Tracker {
	if q == nil || !client.Enabled() {
		return nil
	}
	var r updateBuilder
	r.bot(api)
	r.callback(q)
	r.CallbackID = q.ID
	return client.Bind(bb.Update(r))
}
