package bbtest

import (
	"encoding/json"
	"strconv"
	"sync/atomic"
	"time"
)

// updateID gives every raw update of a process an id of its own, as Telegram
// would.
var updateID atomic.Int64

// StartJSON returns the raw update of a user who sends /start in a private
// chat, with the parameter of a deep link unless param is "". Decode it with
// the library of the bot, or with bb.UpdateFromJSON.
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
	message := privateMessage(user, person(user, false))
	message["text"] = text
	if length := commandLength(text); length > 1 {
		message["entities"] = []any{map[string]any{"type": "bot_command", "offset": 0, "length": length}}
	}
	return update("message", message)
}

// ButtonJSON returns the raw update of a user who presses an inline button
// with this data, under a message of the bot in a private chat.
func ButtonJSON(user int64, data string) []byte {
	message := privateMessage(user, person(botID, true))
	message["text"] = "Choose"
	id := updateID.Load() + 1
	return update("callback_query", map[string]any{
		"id": strconv.FormatInt(id, 10), "from": person(user, false), "message": message,
		"chat_instance": "1", "data": data,
	})
}

const botID = 42

func update(kind string, content any) []byte {
	data, err := json.Marshal(map[string]any{"update_id": updateID.Add(1), kind: content})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return data
}

func privateMessage(user int64, from map[string]any) map[string]any {
	return map[string]any{
		"message_id": updateID.Load() + 1, "date": time.Now().Unix(), "from": from,
		"chat": map[string]any{"id": user, "type": "private", "first_name": "User"},
	}
}

func person(id int64, bot bool) map[string]any {
	return map[string]any{"id": id, "is_bot": bot, "first_name": "User"}
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
