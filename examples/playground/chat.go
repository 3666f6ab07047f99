package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

var (
	errGone     = errors.New("the button is gone")
	errNoUpdate = errors.New("the bot has had no update yet: write to it first")
)

// update is something that Telegram gave to the bot.
type update struct {
	raw  []byte
	what string // in words
}

// chats are what people and one bot write to each other.
type chats struct {
	library string
	bot     *bbtest.Bot
	show    func(page.Message) // each that is new or changed; nil: nobody looks

	mu       sync.Mutex // guards what follows, and makes calls of show serial
	messages page.Messages
	presses  int
	last     *update
	changed  chan struct{} // closed and renewed with every message
}

// newChats returns the chats with a library's bot, which does not run yet.
func newChats(library string, bot *bbtest.Bot) *chats {
	c := &chats{library: library, bot: bot, changed: make(chan struct{})}
	bot.OnCall = c.called
	return c
}

// message is what the Bot API calls a message, as far as it is looked at.
type message struct {
	ID   int   `json:"message_id"`
	Date int64 `json:"date"`
	Chat struct {
		ID int64 `json:"id"`
	} `json:"chat"`
	Text     string `json:"text"`
	EditDate int64  `json:"edit_date"`
	Markup   struct {
		Rows [][]struct {
			Text string `json:"text"`
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	} `json:"reply_markup"`
}

// say makes a person write in a chat.
func (c *chats) say(who page.Person, chat int64, text string) error {
	raw := bbtest.GroupTextJSON(who.ID, chat, text)
	var content struct {
		Message message `json:"message"`
	}
	if err := json.Unmarshal(raw, &content); err != nil {
		return err
	}
	c.add(content.Message, who)
	return c.give(raw, fmt.Sprintf("%s wrote %q", who.Name, shortened(text)))
}

// press makes a person press a button.
func (c *chats) press(who page.Person, chat int64, id int, data string) error {
	c.mu.Lock()
	i := slices.IndexFunc(c.messages, func(m page.Message) bool { return m.Chat == chat && m.ID == id && hasButton(m, data) })
	if i < 0 {
		c.mu.Unlock()
		return errGone
	}
	question := c.messages[i]
	c.presses++
	press := strconv.Itoa(c.presses)
	c.mu.Unlock()
	raw := bbtest.UpdateJSON("callback_query", map[string]any{
		"id": press, "from": user(who), "data": data, "chat_instance": strconv.FormatInt(chat, 10),
		"message": map[string]any{
			"message_id": id, "date": question.At / 1000, "text": question.Text,
			"from": map[string]any{"id": 1, "is_bot": true, "first_name": question.From}, "chat": chatOf(chat),
		},
	})
	return c.give(raw, who.Name+" pressed a button")
}

// price is what everything costs here, in Stars.
const price = 100

// act makes a person do one of page.Acts.
func (c *chats) act(who page.Person, act string) error {
	switch act {
	case "pay":
		return c.give(bbtest.PaymentJSON(who.ID, "XTR", price), who.Name+" paid")
	case "refund":
		return c.give(bbtest.RefundJSON(who.ID, "XTR", price), who.Name+" got the money back")
	}
	return c.give(bbtest.BlockJSON(who.ID), who.Name+" blocked the bot")
}

// give makes Telegram send the bot an update.
func (c *chats) give(raw []byte, what string) error {
	c.mu.Lock()
	c.last = &update{raw, what}
	c.mu.Unlock() // the bot calls called with its own lock held
	return c.bot.Push(raw)
}

// repeat makes Telegram send the last update once more, and says which it is.
func (c *chats) repeat() (what string, err error) {
	c.mu.Lock()
	last := c.last
	c.mu.Unlock()
	if last == nil {
		return "", errNoUpdate
	}
	return last.what, c.bot.Push(last.raw)
}

// shortened is enough of a message to know it by.
func shortened(text string) string {
	const enough = 30
	if runes := []rune(text); len(runes) > enough {
		return string(runes[:enough]) + "…"
	}
	return text
}

func hasButton(m page.Message, data string) bool {
	return slices.ContainsFunc(slices.Concat(m.Buttons...), func(b page.Button) bool { return b.Data == data })
}

func user(who page.Person) map[string]any {
	return map[string]any{"id": who.ID, "is_bot": false, "first_name": who.Name}
}

func chatOf(id int64) map[string]any {
	if id < 0 {
		return map[string]any{"id": id, "type": "group", "title": fans.Title}
	}
	return map[string]any{"id": id, "type": "private"}
}

// called shows what the bot wrote.
func (c *chats) called(call bbtest.Call) {
	var written message
	if json.Unmarshal(call.Result, &written) == nil && written.Text != "" {
		c.add(written, page.Person{Name: c.bot.Username})
	}
}

// add shows a message, in the place of one with the same id. Its writer has no
// id if it is the bot.
func (c *chats) add(m message, from page.Person) {
	shown := page.Message{
		Library: c.library, Chat: m.Chat.ID, ID: m.ID, At: m.Date * 1000,
		From: from.Name, User: from.ID, Text: m.Text, Edited: m.EditDate != 0,
	}
	for _, row := range m.Markup.Rows {
		var buttons []page.Button
		for _, button := range row {
			buttons = append(buttons, page.Button{Text: button.Text, Data: button.Data})
		}
		shown.Buttons = append(shown.Buttons, buttons)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages.Put(shown)
	if c.show != nil {
		c.show(shown)
	}
	close(c.changed)
	c.changed = make(chan struct{})
}

// answer returns the first message of the bot in a chat, once there is one.
func (c *chats) answer(ctx context.Context, chat int64) (page.Message, error) {
	for {
		c.mu.Lock()
		i := slices.IndexFunc(c.messages, func(m page.Message) bool { return m.Chat == chat && m.User == 0 })
		if i >= 0 {
			defer c.mu.Unlock()
			return c.messages[i], nil
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return page.Message{}, fmt.Errorf("the bot did not answer: %w", context.Cause(ctx))
		}
	}
}
