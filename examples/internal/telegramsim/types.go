package telegramsim

import (
	"regexp"
	"slices"
	"unicode/utf16"
)

// User is a person or a bot, as in the Bot API.
type User struct {
	ID           int64  `json:"id"`
	IsBot        bool   `json:"is_bot"`
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name,omitempty"`
	Username     string `json:"username,omitempty"`
	LanguageCode string `json:"language_code,omitempty"`
}

// Chat returns the private chat between u and the bot.
func (u User) Chat() Chat {
	return Chat{ID: u.ID, Type: "private", FirstName: u.FirstName, LastName: u.LastName, Username: u.Username}
}

// Chat is where messages are written.
type Chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"`
	Title     string `json:"title,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Username  string `json:"username,omitempty"`
}

// Group returns a group chat. Telegram gives groups negative ids.
func Group(id int64, title string) Chat {
	return Chat{ID: id, Type: "group", Title: title}
}

// Message is a text message, from a person or from the bot.
type Message struct {
	ID          int       `json:"message_id"`
	From        *User     `json:"from,omitempty"`
	Chat        Chat      `json:"chat"`
	Date        int64     `json:"date"`
	EditDate    int64     `json:"edit_date,omitempty"`
	Text        string    `json:"text,omitempty"`
	Entities    []Entity  `json:"entities,omitempty"`
	ReplyMarkup *Keyboard `json:"reply_markup,omitempty"`
}

// Button returns the button that shows text.
func (m Message) Button(text string) (Button, bool) {
	return m.button(func(b Button) bool { return b.Text == text })
}

func (m Message) button(match func(Button) bool) (Button, bool) {
	if m.ReplyMarkup == nil {
		return Button{}, false
	}
	for _, row := range m.ReplyMarkup.Rows {
		if i := slices.IndexFunc(row, match); i >= 0 {
			return row[i], true
		}
	}
	return Button{}, false
}

// Keyboard is the inline keyboard under a message of the bot.
type Keyboard struct {
	Rows [][]Button `json:"inline_keyboard"`
}

// Button is one button of a [Keyboard].
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data,omitempty"`
	URL  string `json:"url,omitempty"`
}

// Entity marks a part of a text, in UTF-16 units.
type Entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
}

var botCommand = regexp.MustCompile(`(?:^|\s)(/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)`)

// commandEntities marks the commands in text, as Telegram's own apps do.
func commandEntities(text string) []Entity {
	var entities []Entity
	for _, at := range botCommand.FindAllStringSubmatchIndex(text, -1) {
		entities = append(entities, Entity{
			Type:   "bot_command",
			Offset: utf16Len(text[:at[2]]),
			Length: utf16Len(text[at[2]:at[3]]),
		})
	}
	return entities
}

func utf16Len(s string) int { return len(utf16.Encode([]rune(s))) }
