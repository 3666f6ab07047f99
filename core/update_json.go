package bb

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// maxKind bounds the name of a kind that this package does not know.
const maxKind = 64

// UpdateFromJSON reads an update as Telegram sends it, for libraries that have
// no adapter and for kinds that a library cannot decode. It knows every kind
// of the Bot API up to 10.4; of a kind that is not known the people and chats
// are found by their usual field names, and Kind is its key. botID and
// username may be zero; see [Update].
//
// It fails on what is no update: no JSON object, or one with neither a numeric
// update_id nor a kind that is known. The error holds nothing of the input, which
// may be a person's words.
func UpdateFromJSON(data []byte, botID int64, username string) (Update, error) {
	u := Update{BotID: botID, BotUsername: strings.TrimPrefix(username, "@")}
	if readAtOnce(&u, data) {
		return u, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return Update{}, errors.New("bb: the update is not a JSON object")
	}
	if fields == nil {
		return Update{}, errors.New("bb: the update is null")
	}
	id := fields["update_id"]
	if id != nil && json.Unmarshal(id, &u.ID) != nil {
		return Update{}, errors.New("bb: update_id is not a whole number")
	}
	u.Kind = kindIn(fields)
	if id == nil && kindByName[u.Kind] == nil {
		return Update{}, errors.New("bb: neither update_id nor a known kind is in the update; " +
			"of an answer to getUpdates, give each element of result")
	}
	if u.Kind == "" {
		return u, nil
	}
	var c updateContent
	// The syntax was checked above. A field of another type than expected, as
	// a kind of the future may have, is passed over; the others are read.
	_ = json.Unmarshal(fields[u.Kind], &c)
	c.fill(&u)
	return u, nil
}

// usualUpdate has update_id and, as a field each, the content of every known kind.
var usualUpdate = func() reflect.Type {
	fields := []reflect.StructField{{Name: "ID", Type: reflect.TypeFor[int64](), Tag: `json:"update_id"`}}
	for i, k := range kinds {
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprint("Kind", i), Type: reflect.TypeFor[*updateContent](), Tag: reflect.StructTag(`json:"` + k.name + `"`),
		})
	}
	return reflect.StructOf(fields)
}()

// readAtOnce reads an update of a known kind in which every field is as expected, as
// nearly all are, in half the time that it takes to look for the kind first.
func readAtOnce(u *Update, data []byte) bool {
	read := reflect.New(usualUpdate)
	if json.Unmarshal(data, read.Interface()) != nil {
		return false
	}
	for i := range kinds {
		if c, _ := read.Elem().Field(i + 1).Interface().(*updateContent); c != nil {
			u.ID, u.Kind = read.Elem().Field(0).Int(), kinds[i].name
			c.fill(u)
			return true
		}
	}
	return false
}

// kindIn returns the name of the kind in an update, or "". A known one comes
// before others, for proxies add objects of their own; of those the first by name.
func kindIn(fields map[string]json.RawMessage) string {
	for _, k := range kinds {
		if isObject(fields[k.name]) {
			return k.name
		}
	}
	first := ""
	for name, value := range fields {
		if isKind(name) && isObject(value) && (first == "" || name < first) {
			first = name
		}
	}
	return first
}

func isObject(value json.RawMessage) bool { return len(value) > 0 && value[0] == '{' }

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
		Source  jsonBoostSource `json:"source"`
		AddDate int64           `json:"add_date"`
	} `json:"boost"`
	Source        jsonBoostSource `json:"source"` // of a removed boost
	NewChatMember struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
	Date       int64 `json:"date"`
	EditDate   int64 `json:"edit_date"`
	RemoveDate int64 `json:"remove_date"` // of a removed boost
	IsEnabled  bool  `json:"is_enabled"`  // of a business connection

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
	if c.Message != nil {
		u.BusinessConnectionID = cmp.Or(u.BusinessConnectionID, c.Message.BusinessConnectionID)
	}
	if c.Boost != nil {
		u.BoostSource = c.Boost.Source.Source
	}
	if c.SenderBusinessBot != nil {
		u.SenderBusinessBotID = c.SenderBusinessBot.ID
	}
	c.fillPayment(u)
	u.Date, u.EditDate = c.date(u.Kind), fromUnix(c.EditDate)
	switch u.Kind {
	case "message":
		u.Text = c.Text
	case "callback_query":
		u.CallbackData = c.Data
	case "my_chat_member":
		u.MemberStatus = c.NewChatMember.Status
	case "subscription":
		u.SubscriptionState = c.State
	}
}

// date returns when the update happened. The date of a business connection is
// that of its beginning.
func (c *updateContent) date(kind string) time.Time {
	date := cmp.Or(c.Date, c.RemoveDate)
	if c.Boost != nil {
		date = c.Boost.AddDate
	}
	if k := kindByName[kind]; k != nil && k.edit || kind == "business_connection" && !c.IsEnabled {
		date = 0
	}
	return fromUnix(date)
}

func fromUnix(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
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
