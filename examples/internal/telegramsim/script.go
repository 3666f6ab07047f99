package telegramsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// SendText makes user write text in chat. In a group the bot sees everything,
// as one with its privacy mode off.
func (b *Bot) SendText(user User, chat Chat, text string) Update {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.deliver("message", b.write(user, chat, text))
}

// Press makes user press the button with data under a message of the bot.
func (b *Bot) Press(user User, on Message, data string) (Update, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	message := b.message(on.Chat.ID, on.ID)
	if message == nil {
		return Update{}, fmt.Errorf("telegramsim: no message %d in chat %d", on.ID, on.Chat.ID)
	}
	if _, ok := message.button(func(button Button) bool { return button.Data == data }); !ok {
		return Update{}, fmt.Errorf("telegramsim: message %d has no button with data %q", on.ID, data)
	}
	b.lastPress++
	id := strconv.Itoa(b.lastPress)
	b.presses = remember(b.presses, id)
	return b.deliver("callback_query", struct {
		ID           string   `json:"id"`
		From         User     `json:"from"`
		Message      *Message `json:"message"`
		ChatInstance string   `json:"chat_instance"`
		Data         string   `json:"data"`
	}{id, user, message, strconv.FormatInt(on.Chat.ID, 10), data}), nil
}

// Raw delivers an update of any kind, given as the Bot API writes it. It fills
// in update_id. The bot may answer in the chat of a message and answer the query
// of a callback_query; the simulator looks at nothing else in it.
func (b *Bot) Raw(update []byte) (Update, error) {
	var fields map[string]json.RawMessage
	var answerable struct {
		Message       *struct{ Chat Chat } `json:"message"`
		CallbackQuery *struct{ ID string } `json:"callback_query"`
	}
	err := errors.Join(json.Unmarshal(update, &fields), json.Unmarshal(update, &answerable))
	if err != nil {
		return Update{}, fmt.Errorf("telegramsim: not an update: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := answerable.Message; m != nil {
		b.chats[m.Chat.ID] = m.Chat
	}
	if q := answerable.CallbackQuery; q != nil {
		b.presses = remember(b.presses, q.ID)
	}
	return b.enqueue(fields), nil
}

// Redeliver gives the bot an earlier update once more, unchanged, with its next
// getUpdates: what happens when the bot died before it confirmed the update. A
// library that remembers its offset while it runs (tgbotapi does) drops it; to
// see it handled there, restart the bot.
func (b *Bot) Redeliver(update Update) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.updates.putBack(update)
	b.notify()
}

// deliver enqueues an update of one kind. b.mu is held; content is one of the
// package's types, all of which JSON can express.
func (b *Bot) deliver(kind string, content any) Update {
	data, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	return b.enqueue(map[string]json.RawMessage{kind: data})
}

func (b *Bot) enqueue(fields map[string]json.RawMessage) Update {
	update := b.updates.add(fields)
	b.notify()
	return update
}
