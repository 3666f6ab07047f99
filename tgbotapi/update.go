package bbtgbotapi

import (
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// readUpdate tells what u is. The library's SentFrom, FromChat and Command are
// not used: they miss kinds, and panic on inline callbacks and forged entities.
func readUpdate(api *tgbotapi.BotAPI, u *tgbotapi.Update) bb.Update {
	r := updateBuilder{bb.Update{ID: int64(u.UpdateID)}}
	r.bot(api)
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
		var chat *tgbotapi.Chat
		if m := u.CallbackQuery.Message; m != nil {
			chat = m.Chat
		}
		r.kind("callback_query", u.CallbackQuery.From, chat)
		r.CallbackData = u.CallbackQuery.Data
	case u.ShippingQuery != nil:
		r.kind("shipping_query", u.ShippingQuery.From, nil)
	case u.PreCheckoutQuery != nil:
		r.kind("pre_checkout_query", u.PreCheckoutQuery.From, nil)
	case u.Poll != nil:
		r.kind("poll", nil, nil)
	case u.PollAnswer != nil:
		r.kind("poll_answer", &u.PollAnswer.User, nil)
	case u.MyChatMember != nil:
		r.kind("my_chat_member", &u.MyChatMember.From, &u.MyChatMember.Chat)
		r.MemberStatus = u.MyChatMember.NewChatMember.Status
	case u.ChatMember != nil:
		r.kind("chat_member", &u.ChatMember.From, &u.ChatMember.Chat)
	case u.ChatJoinRequest != nil:
		r.kind("chat_join_request", &u.ChatJoinRequest.From, &u.ChatJoinRequest.Chat)
	}
	return r.Update
}

// updateBuilder is an update being read.
type updateBuilder struct{ bb.Update }

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

func (r *updateBuilder) kind(name string, user *tgbotapi.User, chat *tgbotapi.Chat) {
	r.Kind = name
	if user != nil {
		r.UserID, r.FromBot = user.ID, user.IsBot
	}
	if chat != nil {
		r.ChatID, r.ChatType = chat.ID, chat.Type
	}
}

func (r *updateBuilder) message(kind string, m *tgbotapi.Message) {
	r.kind(kind, m.From, m.Chat)
	if m.SenderChat != nil {
		r.SenderChatID = m.SenderChat.ID
	}
}

func (r *updateBuilder) newMessage(kind string, m *tgbotapi.Message) {
	r.message(kind, m)
	if m.Date > 0 {
		r.Date = time.Unix(int64(m.Date), 0)
	}
}
