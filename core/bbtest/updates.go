package bbtest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"
)

// lastID is the last id of an update or a message. All of a process have one
// sequence, so that none clashes.
var lastID atomic.Int64

// StartJSON returns the raw update of a user who sends /start in a private
// chat, with the parameter of a deep link unless param is "". Decode it with
// the library of the bot, or with bb.UpdateFromJSON, or give it to [Telegram].
func StartJSON(user int64, param string) []byte {
	text := "/start"
	if param != "" {
		text += " " + param
	}
	return TextJSON(user, text)
}

// TextJSON returns the raw update of a user who sends a text in a private
// chat. A text that begins with "/" carries the entity that Telegram gives a
// command.
func TextJSON(user int64, text string) []byte {
	return GroupTextJSON(user, user, text)
}

// GroupTextJSON returns the raw update of a user who sends a text in a group,
// whose id is negative. Telegram's apps write a command there with the name of
// the bot: "/start@my_bot".
func GroupTextJSON(user, chat int64, text string) []byte {
	message := newMessage(person(user), chat, text)
	if length := commandLength(text); length > 1 {
		message["entities"] = []any{map[string]any{"type": "bot_command", "offset": 0, "length": length}}
	}
	return UpdateJSON("message", message)
}

// ButtonJSON returns the raw update of a user who presses an inline button
// with this data, under a message of the bot in a private chat.
func ButtonJSON(user int64, data string) []byte {
	question := newMessage(botUser(defaultBotID, defaultUsername), user, "Choose")
	return UpdateJSON("callback_query", map[string]any{
		"id": strconv.FormatInt(lastID.Add(1), 10), "from": person(user), "message": question,
		"chat_instance": "1", "data": data,
	})
}

// PaymentJSON returns the raw update of a user who paid in a private chat, an amount
// in the smallest unit of the currency: 19900 and "RUB", or 100 and "XTR" for Stars.
func PaymentJSON(user int64, currency string, amount int) []byte {
	return paymentJSON(person(user), user, "successful_payment", currency, amount)
}

// RefundJSON returns the raw update of a payment that the bot gave back. Telegram
// signs it with the bot, in the chat of the user.
func RefundJSON(user int64, currency string, amount int) []byte {
	return paymentJSON(botUser(defaultBotID, defaultUsername), user, "refunded_payment", currency, amount)
}

func paymentJSON(from map[string]any, chat int64, what, currency string, amount int) []byte {
	message := newMessage(from, chat, "")
	delete(message, "text")
	message[what] = map[string]any{
		"currency": currency, "total_amount": amount, "invoice_payload": "invoice",
		"telegram_payment_charge_id": "t", "provider_payment_charge_id": "p",
	}
	return UpdateJSON("message", message)
}

// BlockJSON returns the raw update of a user who blocks the bot.
func BlockJSON(user int64) []byte {
	bot := botUser(defaultBotID, defaultUsername)
	return UpdateJSON("my_chat_member", map[string]any{
		"chat": newChat(user), "from": person(user), "date": time.Now().Unix(),
		"old_chat_member": map[string]any{"status": "member", "user": bot},
		"new_chat_member": map[string]any{"status": "kicked", "user": bot, "until_date": 0},
	})
}

// UpdateJSON returns a raw update of any kind, with an id of its own:
//
//	bbtest.UpdateJSON("poll_answer", map[string]any{
//		"poll_id": "1", "user": map[string]any{"id": 7}, "option_ids": []int{0},
//	})
//
// It panics if JSON cannot express the content.
func UpdateJSON(kind string, content any) []byte {
	data, err := json.Marshal(map[string]any{"update_id": lastID.Add(1), kind: content})
	if err != nil {
		panic(fmt.Sprintf("bbtest: the content of an update: %v", err))
	}
	return data
}

func newMessage(from map[string]any, chat int64, text string) map[string]any {
	return map[string]any{
		"message_id": lastID.Add(1), "date": time.Now().Unix(), "from": from, "chat": newChat(chat), "text": text,
	}
}

func newChat(id int64) map[string]any {
	switch {
	case id > 0:
		return map[string]any{"id": id, "type": "private", "first_name": "User"}
	case id > -1_000_000_000_000:
		return map[string]any{"id": id, "type": "group", "title": "Group"}
	}
	return map[string]any{"id": id, "type": "supergroup", "title": "Group"}
}

func person(id int64) map[string]any {
	return map[string]any{"id": id, "is_bot": false, "first_name": "User"}
}

func botUser(id int64, username string) map[string]any {
	return map[string]any{"id": id, "is_bot": true, "first_name": "Bot", "username": username}
}

func commandLength(text string) int {
	if text == "" || text[0] != '/' {
		return 0
	}
	for i := range len(text) {
		switch text[i] {
		case ' ', '\n', '\t', '\r':
			return i
		}
	}
	return len(text)
}
