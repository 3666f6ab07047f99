package telegramsim

import (
	"context"
	"reflect"
	"slices"
	"time"
)

// methods are the Bot API methods that the simulator knows, in lower case.
var methods = map[string]func(context.Context, *Bot, Params) (any, error){
	"getme":               getMe,
	"getupdates":          getUpdates,
	"sendmessage":         sendMessage,
	"editmessagetext":     editMessageText,
	"answercallbackquery": answerCallbackQuery,
	"deletewebhook":       accept("deleteWebhook"),
	"setmycommands":       accept("setMyCommands"),
}

func getMe(_ context.Context, b *Bot, _ Params) (any, error) {
	return struct {
		User
		CanJoinGroups           bool `json:"can_join_groups"`
		CanReadAllGroupMessages bool `json:"can_read_all_group_messages"`
		SupportsInlineQueries   bool `json:"supports_inline_queries"`
	}{User: b.me, CanJoinGroups: true}, nil
}

// accept is a method that always succeeds and leaves nothing but its call.
func accept(method string) func(context.Context, *Bot, Params) (any, error) {
	return func(_ context.Context, b *Bot, p Params) (any, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.record(method, p, nil)
		return true, nil
	}
}

func sendMessage(_ context.Context, b *Bot, p Params) (any, error) {
	chatID, err := p.integer("chat_id")
	if err != nil {
		return nil, err
	}
	keyboard, err := p.keyboard()
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	chat, known := b.chats[chatID]
	switch {
	case !known:
		return nil, badRequest("chat not found")
	case p["text"] == "":
		return nil, badRequest("message text is empty")
	}
	message := b.write(b.me, chat, p["text"])
	message.ReplyMarkup = keyboard
	b.record("sendMessage", p, message)
	return *message, nil
}

func editMessageText(_ context.Context, b *Bot, p Params) (any, error) {
	chatID, err := p.integer("chat_id")
	if err != nil {
		return nil, err
	}
	id, err := p.integer("message_id")
	if err != nil {
		return nil, err
	}
	keyboard, err := p.keyboard()
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	message := b.message(chatID, int(id))
	switch {
	case message == nil:
		return nil, badRequest("message to edit not found")
	case message.From.ID != b.me.ID:
		return nil, badRequest("message can't be edited")
	case p["text"] == "":
		return nil, badRequest("message text is empty")
	case message.Text == p["text"] && reflect.DeepEqual(message.ReplyMarkup, keyboard):
		return nil, badRequest("message is not modified: specified new message content and reply markup " +
			"are exactly the same as a current content and reply markup of the message")
	}
	message.Text, message.Entities = p["text"], commandEntities(p["text"])
	message.ReplyMarkup = keyboard
	message.EditDate = time.Now().Unix()
	b.record("editMessageText", p, message)
	return *message, nil
}

func answerCallbackQuery(_ context.Context, b *Bot, p Params) (any, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.presses, p["callback_query_id"]) {
		return nil, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	b.record("answerCallbackQuery", p, nil)
	return true, nil
}
