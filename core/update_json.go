package bb

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// maxKind bounds the name of a kind that this package does not know.
const maxKind = 64

// UpdateFromJSON reads an update as Telegram sends it, for libraries that have
// no adapter and for kinds that a library cannot decode. It knows every kind
// of the Bot API up to 10.x; of a kind that is not known the people and chats
// are found by their usual field names, and Kind is its key. botID and
// username may be zero; see [Update].
//
// It fails on what is not a JSON object with a numeric update_id, if any. The
// error holds nothing of the input, which may be a person's words.
func UpdateFromJSON(data []byte, botID int64, username string) (Update, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return Update{}, errors.New("bb: the update is not a JSON object")
	}
	if fields == nil {
		return Update{}, errors.New("bb: the update is null")
	}
	u := Update{BotID: botID, BotUsername: strings.TrimPrefix(username, "@")}
	if id := fields["update_id"]; id != nil && json.Unmarshal(id, &u.ID) != nil {
		return Update{}, errors.New("bb: update_id is not a whole number")
	}
	kind, content := kindOf(fields)
	u.Kind = kind
	if content == nil {
		return u, nil
	}
	var c updateContent
	// The syntax was checked above. A field of another type than expected, as
	// a kind of the future may have, is passed over; the others are read.
	_ = json.Unmarshal(content, &c)
	c.fill(&u)
	return u, nil
}

// kindOf returns the one field beside update_id. Where there are several, as
// in no real update, the first by name wins.
func kindOf(fields map[string]json.RawMessage) (string, json.RawMessage) {
	var kinds []string
	for name, value := range fields {
		if name != "update_id" && isKind(name) && len(value) > 0 && value[0] == '{' {
			kinds = append(kinds, name)
		}
	}
	if len(kinds) == 0 {
		return "", nil
	}
	kind := slices.Min(kinds)
	return kind, fields[kind]
}

func isKind(name string) bool { return len(name) <= maxKind && isWord(name) }

// updateContent is the union of what the kinds hold of people and chats.
type updateContent struct {
	From       *jsonUser `json:"from"`
	User       *jsonUser `json:"user"` // reactions, poll answers, business connections
	Chat       *jsonChat `json:"chat"`
	SenderChat *jsonChat `json:"sender_chat"`
	ActorChat  *jsonChat `json:"actor_chat"` // anonymous reactions
	VoterChat  *jsonChat `json:"voter_chat"` // poll answers of a chat
	UserChatID int64     `json:"user_chat_id"`
	Message    *struct {
		Chat                 *jsonChat `json:"chat"`
		BusinessConnectionID string    `json:"business_connection_id"`
	} `json:"message"` // of a callback query
	Boost *struct {
		Source jsonBoostSource `json:"source"`
	} `json:"boost"`
	Source        jsonBoostSource `json:"source"` // of a removed boost
	NewChatMember struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
	Date     int64        `json:"date"`
	EditDate int64        `json:"edit_date"`
	Text     string       `json:"text"`
	Data     string       `json:"data"`
	State    string       `json:"state"`
	Offline  bool         `json:"is_from_offline"`
	Location *struct{}    `json:"location"`
	Paid     *jsonPayment `json:"successful_payment"`
	Refunded *jsonPayment `json:"refunded_payment"`

	BusinessConnectionID string    `json:"business_connection_id"`
	SenderBusinessBot    *jsonUser `json:"sender_business_bot"`
}

type jsonUser struct {
	ID       int64  `json:"id"`
	IsBot    bool   `json:"is_bot"`
	Language string `json:"language_code"`
	Premium  bool   `json:"is_premium"`
}

type jsonPayment struct {
	Currency       string `json:"currency"`
	TotalAmount    int64  `json:"total_amount"`
	Recurring      bool   `json:"is_recurring"`
	FirstRecurring bool   `json:"is_first_recurring"`
}

type jsonChat struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
}

type jsonBoostSource struct {
	Source string    `json:"source"`
	User   *jsonUser `json:"user"`
}

func (c *updateContent) fill(u *Update) {
	if user := c.user(); user != nil {
		u.UserID, u.FromBot, u.Language, u.Premium = user.ID, user.IsBot, user.Language, user.Premium
	}
	if chat := c.chat(); chat != nil {
		u.ChatID, u.ChatType = chat.ID, chat.Type
	}
	for _, chat := range []*jsonChat{c.SenderChat, c.ActorChat, c.VoterChat} {
		if chat != nil {
			u.SenderChatID = chat.ID
		}
	}
	u.FromOffline, u.HasLocation = c.Offline, c.Location != nil
	u.BusinessConnectionID, u.BoostSource = c.BusinessConnectionID, c.Source.Source
	if c.Boost != nil {
		u.BoostSource = c.Boost.Source.Source
	}
	if c.SenderBusinessBot != nil {
		u.SenderBusinessBotID = c.SenderBusinessBot.ID
	}
	if c.EditDate > 0 {
		u.EditDate = time.Unix(c.EditDate, 0)
	}
	c.fillPayment(u)
	switch u.Kind {
	case "message":
		u.Text = c.Text
		fallthrough
	case "channel_post", "business_message":
		if c.Date > 0 {
			u.Date = time.Unix(c.Date, 0)
		}
	case "callback_query":
		u.CallbackData = c.Data
		if c.Message != nil {
			u.BusinessConnectionID = c.Message.BusinessConnectionID
		}
	case "my_chat_member":
		u.MemberStatus = c.NewChatMember.Status
	case "subscription":
		u.SubscriptionState = c.State
	}
}

func (c *updateContent) fillPayment(u *Update) {
	payment := c.Paid
	if c.Refunded != nil {
		payment, u.Refunded = c.Refunded, true
	}
	if payment != nil {
		u.Currency, u.TotalAmount = payment.Currency, payment.TotalAmount
		u.Recurring, u.FirstRecurring = payment.Recurring, payment.FirstRecurring
	}
}

func (c *updateContent) user() *jsonUser {
	switch {
	case c.From != nil:
		return c.From
	case c.User != nil:
		return c.User
	case c.Boost != nil:
		return c.Boost.Source.User
	}
	return c.Source.User
}

func (c *updateContent) chat() *jsonChat {
	switch {
	case c.Chat != nil:
		return c.Chat
	case c.Message != nil && c.Message.Chat != nil:
		return c.Message.Chat
	case c.VoterChat != nil:
		return c.VoterChat
	case c.UserChatID != 0:
		return &jsonChat{ID: c.UserChatID}
	}
	return nil
}
