// Code generated from telebot/update.go; DO NOT EDIT.

package bbtelebot

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	tele "gopkg.in/telebot.v4"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// readUpdate tells what u is. Helpers of tele.Context are not used: they
// answer for another message where one is pinned, and for no reaction or boost.
func readUpdate(bot *tele.Bot, u *tele.Update) (facts bb.Update) {
	r := (*updateBuilder)(&facts)
	r.bot(bot)
	r.ID = int64(u.ID)
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
	case u.MessageReaction != nil:
		r.kind("message_reaction", u.MessageReaction.User, u.MessageReaction.Chat)
		r.at(u.MessageReaction.DateUnixtime)
		r.onBehalfOf(u.MessageReaction.ActorChat)
	case u.MessageReactionCount != nil:
		r.kind("message_reaction_count", nil, u.MessageReactionCount.Chat)
		r.at(u.MessageReactionCount.DateUnixtime)
	case u.Callback != nil:
		r.callback(u.Callback)
	case u.Query != nil:
		r.kind("inline_query", u.Query.Sender, nil)
	case u.InlineResult != nil:
		r.kind("chosen_inline_result", u.InlineResult.Sender, nil)
	case u.ShippingQuery != nil:
		r.kind("shipping_query", u.ShippingQuery.Sender, nil)
	case u.PreCheckoutQuery != nil:
		r.kind("pre_checkout_query", u.PreCheckoutQuery.Sender, nil)
	case u.Poll != nil:
		r.kind("poll", nil, nil)
	case u.PollAnswer != nil:
		r.kind("poll_answer", u.PollAnswer.Sender, u.PollAnswer.Chat)
		r.onBehalfOf(u.PollAnswer.Chat)
	case u.MyChatMember != nil:
		r.kind("my_chat_member", u.MyChatMember.Sender, u.MyChatMember.Chat)
		r.at(u.MyChatMember.Unixtime)
		if m := u.MyChatMember.NewChatMember; m != nil {
			r.MemberStatus = string(m.Role)
		}
	case u.ChatMember != nil:
		r.kind("chat_member", u.ChatMember.Sender, u.ChatMember.Chat)
		r.at(u.ChatMember.Unixtime)
	case u.ChatJoinRequest != nil:
		r.kind("chat_join_request", u.ChatJoinRequest.Sender, u.ChatJoinRequest.Chat)
		r.at(u.ChatJoinRequest.Unixtime)
	case u.Boost != nil:
		var source *tele.BoostSource
		if u.Boost.Boost != nil {
			source = u.Boost.Boost.Source
			r.at(u.Boost.Boost.AddUnixtime)
		}
		r.boost("chat_boost", source, u.Boost.Chat)
	case u.BoostRemoved != nil:
		r.boost("removed_chat_boost", u.BoostRemoved.Source, u.BoostRemoved.Chat)
		r.at(u.BoostRemoved.RemoveUnixtime)
	default:
		r.other(u)
	}
	return facts
}

// updateBuilder is an update being read.
type updateBuilder bb.Update

func (r *updateBuilder) bot(bot *tele.Bot) {
	if bot == nil {
		return
	}
	if bot.Me != nil {
		r.BotID, r.BotUsername = bot.Me.ID, bot.Me.Username
	}
	if r.BotID == 0 { // an offline bot did not ask who it is
		id, _, _ := strings.Cut(bot.Token, ":")
		r.BotID, _ = strconv.ParseInt(id, 10, 64)
	}
}

// other reads a kind that has no case, but that a later version decodes.
func (r *updateBuilder) other(u *tele.Update) {
	defer func() { _ = recover() }() // whatever a hand-made update makes of its encoding
	raw, err := json.Marshal(*u)     // a copy, so that u stays off the heap
	if err != nil {
		return
	}
	if read, err := bb.UpdateFromJSON(raw, r.BotID, r.BotUsername); err == nil {
		*r = updateBuilder(read)
	}
}

func (r *updateBuilder) kind(name string, user *tele.User, chat *tele.Chat) {
	r.Kind = name
	if user != nil {
		r.UserID, r.FromBot, r.Language, r.Premium = user.ID, user.IsBot, user.LanguageCode, user.IsPremium
	}
	if chat != nil {
		r.ChatID, r.ChatType = chat.ID, string(chat.Type)
	}
}

func (r *updateBuilder) onBehalfOf(chat *tele.Chat) {
	if chat != nil {
		r.SenderChatID = chat.ID
	}
}

func (r *updateBuilder) message(kind string, m *tele.Message) {
	r.kind(kind, m.Sender, m.Chat)
	r.onBehalfOf(m.SenderChat)
	if m.LastEdit > 0 {
		r.EditDate = time.Unix(m.LastEdit, 0)
	}
	r.HasLocation = m.Location != nil
	if m.Payment != nil {
		r.Currency, r.TotalAmount = m.Payment.Currency, int64(m.Payment.Total)
	}
	readVersion((*bb.Update)(r), m)
}

func (r *updateBuilder) newMessage(kind string, m *tele.Message) {
	r.message(kind, m)
	r.at(m.Unixtime)
}

// at sets when it happened.
func (r *updateBuilder) at(seconds int64) {
	if seconds > 0 {
		r.Date = time.Unix(seconds, 0)
	}
}

// callback puts the data of telebot's own buttons together again, which
// telebot takes apart in place before it runs their handler.
func (r *updateBuilder) callback(cb *tele.Callback) {
	var chat *tele.Chat
	if cb.Message != nil {
		chat = cb.Message.Chat
	}
	r.kind("callback_query", cb.Sender, chat)
	if cb.Message != nil {
		r.BusinessConnectionID = businessOf(cb.Message)
	}
	r.CallbackData = cb.Data
	if cb.Unique != "" {
		r.CallbackData = "\f" + cb.Unique
		if cb.Data != "" {
			r.CallbackData += "|" + cb.Data
		}
	}
}

func (r *updateBuilder) boost(kind string, source *tele.BoostSource, chat *tele.Chat) {
	if source == nil {
		source = new(tele.BoostSource)
	}
	r.kind(kind, source.Booster, chat)
	r.BoostSource = string(source.Source) //nolint:unconvert // it has a type of its own in telebot.v4
}
