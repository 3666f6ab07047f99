package bbtgbotapi

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// readUpdate tells what u is. The library's SentFrom, FromChat and Command are
// not used: they miss kinds, and panic on inline callbacks and forged entities.
//
// It compiles with the library's forks as well, which people put in its place by a
// replace directive. So it names only fields that all of them have, and takes at of
// those that are pointers in one and values in another.
func readUpdate(api *tgbotapi.BotAPI, u *tgbotapi.Update) (facts bb.Update) {
	r := (*updateBuilder)(&facts)
	r.bot(api)
	r.ID = int64(u.UpdateID)
	switch {
	case u.Message != nil:
		r.newMessage("message", u.Message)
		r.Text = u.Message.Text
	case u.EditedMessage != nil:
		r.message("edited_message", u.EditedMessage)
	case u.ChannelPost != nil:
		r.newMessage("channel_post", u.ChannelPost)
	case u.EditedChannelPost != nil:
		r.message("edited_channel_post", u.EditedChannelPost)
	case u.InlineQuery != nil:
		r.kind("inline_query", u.InlineQuery.From, nil)
	case u.ChosenInlineResult != nil:
		r.kind("chosen_inline_result", u.ChosenInlineResult.From, nil)
	case u.CallbackQuery != nil:
		r.callback(u.CallbackQuery)
	case u.ShippingQuery != nil:
		r.kind("shipping_query", u.ShippingQuery.From, nil)
	case u.PreCheckoutQuery != nil:
		r.kind("pre_checkout_query", u.PreCheckoutQuery.From, nil)
	case u.Poll != nil:
		r.kind("poll", nil, nil)
	case u.PollAnswer != nil:
		r.kind("poll_answer", at[tgbotapi.User](&u.PollAnswer.User), nil)
	case u.MyChatMember != nil:
		r.kind("my_chat_member", &u.MyChatMember.From, &u.MyChatMember.Chat)
		r.MemberStatus = u.MyChatMember.NewChatMember.Status
		r.at(int64(u.MyChatMember.Date))
	case u.ChatMember != nil:
		r.kind("chat_member", &u.ChatMember.From, &u.ChatMember.Chat)
		r.at(int64(u.ChatMember.Date))
	case u.ChatJoinRequest != nil:
		r.kind("chat_join_request", &u.ChatJoinRequest.From, &u.ChatJoinRequest.Chat)
		r.at(int64(u.ChatJoinRequest.Date))
	default:
		r.other(u)
	}
	return facts
}

// at returns what a field holds, be it a value or a pointer to one.
func at[T any, P interface{ *T | **T }](field P) *T {
	switch field := any(field).(type) {
	case *T:
		return field
	case **T:
		return *field
	}
	return nil
}

// updateBuilder is an update being read.
type updateBuilder bb.Update

func (r *updateBuilder) bot(api *tgbotapi.BotAPI) {
	if api == nil {
		return
	}
	r.BotID, r.BotUsername = api.Self.ID, api.Self.UserName
	if r.BotID == 0 { // a hand-made BotAPI did not ask who it is
		id, _, _ := strings.Cut(api.Token, ":")
		r.BotID, _ = strconv.ParseInt(id, 10, 64)
	}
}

func (r *updateBuilder) callback(q *tgbotapi.CallbackQuery) {
	var chat *tgbotapi.Chat
	if q.Message != nil {
		chat = at[tgbotapi.Chat](&q.Message.Chat)
	}
	r.kind("callback_query", q.From, chat)
	r.CallbackData = q.Data
}

// other reads a kind that has no case, but that a fork may decode.
func (r *updateBuilder) other(u *tgbotapi.Update) {
	defer func() { _ = recover() }() // whatever a hand-made update makes of its encoding
	raw, err := json.Marshal(*u)     // a copy, so that u stays off the heap
	if err != nil {
		return
	}
	if read, err := bb.UpdateFromJSON(raw, r.BotID, r.BotUsername); err == nil {
		*r = updateBuilder(read)
	}
}

// premiumField is that of a user, which forks of the library have and it has not.
var premiumField, hasPremium = reflect.TypeFor[tgbotapi.User]().FieldByName("IsPremium")

func isPremium(user *tgbotapi.User) bool {
	return hasPremium && reflect.ValueOf(user).Elem().FieldByIndex(premiumField.Index).Bool()
}

func (r *updateBuilder) kind(name string, user *tgbotapi.User, chat *tgbotapi.Chat) {
	r.Kind = name
	if user != nil {
		r.UserID, r.FromBot, r.Language, r.Premium = user.ID, user.IsBot, user.LanguageCode, isPremium(user)
	}
	if chat != nil {
		r.ChatID, r.ChatType = chat.ID, chat.Type
	}
}

func (r *updateBuilder) message(kind string, m *tgbotapi.Message) {
	r.kind(kind, m.From, at[tgbotapi.Chat](&m.Chat))
	if m.SenderChat != nil {
		r.SenderChatID = m.SenderChat.ID
	}
	if m.EditDate > 0 {
		r.EditDate = time.Unix(int64(m.EditDate), 0)
	}
	r.HasLocation = m.Location != nil
	if p := m.SuccessfulPayment; p != nil {
		r.Currency, r.TotalAmount = p.Currency, int64(p.TotalAmount)
	}
}

func (r *updateBuilder) newMessage(kind string, m *tgbotapi.Message) {
	r.message(kind, m)
	r.at(int64(m.Date))
}

// at sets when it happened.
func (r *updateBuilder) at(seconds int64) {
	if seconds > 0 {
		r.Date = time.Unix(seconds, 0)
	}
}
