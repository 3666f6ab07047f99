package telegramsim

import (
	"context"
	"fmt"
	"slices"
)

// Call is one successful call of the bot; getMe and getUpdates are not kept.
type Call struct {
	Seq     int    // 1, 2, 3, … in the order of arrival
	Method  string // as Telegram spells it
	Params  Params
	Message *Message // what was sent or edited, as it was then; else nil
}

// Calls returns what the bot did, oldest first; of many, the newest thousand.
func (b *Bot) Calls() []Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.calls)
}

// Await returns the first call that matches, among those made and those to come.
func (b *Bot) Await(ctx context.Context, match func(Call) bool) (Call, error) {
	seen := 0
	for {
		b.mu.Lock()
		calls, changed := slices.Clone(b.calls), b.changed
		b.mu.Unlock()
		for _, call := range calls {
			if call.Seq > seen && match(call) {
				return call, nil
			}
		}
		if len(calls) > 0 {
			seen = calls[len(calls)-1].Seq
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Call{}, fmt.Errorf("telegramsim: @%s made %d calls, none as awaited: %w", b.me.Username, seen, context.Cause(ctx))
		}
	}
}

// SentTo matches a message that the bot sent to the chat.
func SentTo(chatID int64) func(Call) bool { return inChat("sendMessage", chatID) }

// EditedIn matches an edit of a message in the chat.
func EditedIn(chatID int64) func(Call) bool { return inChat("editMessageText", chatID) }

func inChat(method string, chatID int64) func(Call) bool {
	return func(c Call) bool {
		return c.Method == method && c.Message != nil && c.Message.Chat.ID == chatID
	}
}

// record keeps a call. b.mu is held.
func (b *Bot) record(method string, p Params, message *Message) {
	b.lastCall++
	call := Call{Seq: b.lastCall, Method: method, Params: p}
	if message != nil {
		snapshot := *message
		call.Message = &snapshot
	}
	b.calls = remember(b.calls, call)
	b.notify()
}
