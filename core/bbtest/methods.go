package bbtest

import (
	"encoding/json"
	"strings"
)

// result is what a method answers: what the libraries expect to decode. b.mu is
// held; method is in lower case, as Telegram does not mind the case.
func (b *Bot) result(method string, params map[string]string) (json.RawMessage, error) {
	chat, err := integer(params, "chat_id")
	if err != nil && strings.HasPrefix(params["chat_id"], "@") {
		chat, err = channelID, nil // the bot knows it by name
	}
	if err != nil {
		return nil, err
	}
	var result any = true
	switch {
	case method == "getme":
		result = botUser(b.id, b.Username)
	case method == "getfile":
		result = map[string]any{"file_id": params["file_id"], "file_unique_id": params["file_id"], "file_path": "file"}
	case method == "getchat":
		result = newChat(chat)
	case method == "getchatmember":
		user, err := integer(params, "user_id")
		if err != nil {
			return nil, err
		}
		result = map[string]any{"status": "member", "user": person(user)}
	case method == "getchatmembercount":
		result = 2
	case method == "getwebhookinfo":
		result = map[string]any{"url": "", "has_custom_certificate": false, "pending_update_count": len(b.updates)}
	case method == "getmycommands", method == "getchatadministrators":
		result = []any{}
	case strings.HasPrefix(method, "get"):
		result = map[string]any{}
	case method == "sendchataction", params["inline_message_id"] != "":
	case method == "sendmediagroup":
		result = []any{b.message(chat, params)}
	case method == "copymessage":
		result = map[string]any{"message_id": lastID.Add(1)}
	case strings.HasPrefix(method, "editmessage"):
		message := b.message(chat, params)
		message["message_id"], err = integer(params, "message_id")
		message["edit_date"] = message["date"]
		result = message
	case strings.HasPrefix(method, "send"), method == "forwardmessage":
		message := b.message(chat, params)
		addMedia(message, method)
		result = message
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
}

// channelID is the chat of whatever is sent to an @name.
const channelID = -1_000_000_000_042

// message is what Telegram makes of what the bot sends. Like Telegram it
// repeats an inline keyboard, and no other.
func (b *Bot) message(chat int64, params map[string]string) map[string]any {
	message := newMessage(botUser(b.id, b.Username), chat, params["text"])
	if markup := json.RawMessage(params["reply_markup"]); strings.Contains(string(markup), `"inline_keyboard"`) && json.Valid(markup) {
		message["reply_markup"] = markup
	}
	return message
}

// media are the fields that hold what these methods sent. Some libraries read
// them without a look at whether they are there.
var media = map[string]string{
	"sendanimation": "animation", "sendaudio": "audio", "senddocument": "document", "sendphoto": "photo",
	"sendsticker": "sticker", "sendvideo": "video", "sendvideonote": "video_note", "sendvoice": "voice",
}

func addMedia(message map[string]any, method string) {
	file := map[string]any{"file_id": "file", "file_unique_id": "file"}
	switch field := media[method]; field {
	case "":
	case "photo":
		message[field] = []any{file}
	default:
		message[field] = file
	}
}
