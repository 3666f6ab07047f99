package bbtelego

import (
	"encoding/json"
	"time"

	"github.com/mymmrac/telego"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// readUpdate tells what u is: facts, as Telegram sent them. What they mean is
// decided by bb.Client.Observe.
func readUpdate(me *telego.User, u *telego.Update) bb.Update {
	r := updateBuilder{bb.Update{ID: int64(u.UpdateID)}}
	if me != nil {
		r.BotID, r.BotUsername = me.ID, me.Username
	}
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
	case u.BusinessConnection != nil:
		r.kind("business_connection", &u.BusinessConnection.User, nil)
		r.ChatID = u.BusinessConnection.UserChatID
		if u.BusinessConnection.IsEnabled {
			r.at(u.BusinessConnection.Date)
		}
	case u.BusinessMessage != nil:
		r.newMessage("business_message", u.BusinessMessage)
	case u.EditedBusinessMessage != nil:
		r.message("edited_business_message", u.EditedBusinessMessage)
	case u.DeletedBusinessMessages != nil:
		r.kind("deleted_business_messages", nil, &u.DeletedBusinessMessages.Chat)
	case u.GuestMessage != nil:
		r.newMessage("guest_message", u.GuestMessage)
	case u.MessageReaction != nil:
		r.kind("message_reaction", u.MessageReaction.User, &u.MessageReaction.Chat)
		r.onBehalfOf(u.MessageReaction.ActorChat)
		r.at(u.MessageReaction.Date)
	case u.MessageReactionCount != nil:
		r.kind("message_reaction_count", nil, &u.MessageReactionCount.Chat)
		r.at(u.MessageReactionCount.Date)
	case u.InlineQuery != nil:
		r.kind("inline_query", &u.InlineQuery.From, nil)
	case u.ChosenInlineResult != nil:
		r.kind("chosen_inline_result", &u.ChosenInlineResult.From, nil)
	case u.CallbackQuery != nil:
		r.kind("callback_query", &u.CallbackQuery.From, chatOf(u.CallbackQuery.Message))
		r.CallbackData = u.CallbackQuery.Data
		if m, ok := u.CallbackQuery.Message.(*telego.Message); ok && m != nil {
			r.BusinessConnectionID = m.BusinessConnectionID
		}
	case u.ShippingQuery != nil:
		r.kind("shipping_query", &u.ShippingQuery.From, nil)
	case u.PreCheckoutQuery != nil:
		r.kind("pre_checkout_query", &u.PreCheckoutQuery.From, nil)
	case u.PurchasedPaidMedia != nil:
		r.kind("purchased_paid_media", &u.PurchasedPaidMedia.From, nil)
	case u.Poll != nil:
		r.kind("poll", nil, nil)
	case u.PollAnswer != nil:
		r.kind("poll_answer", u.PollAnswer.User, u.PollAnswer.VoterChat)
		r.onBehalfOf(u.PollAnswer.VoterChat)
	case u.MyChatMember != nil:
		r.kind("my_chat_member", &u.MyChatMember.From, &u.MyChatMember.Chat)
		r.at(u.MyChatMember.Date)
		if member := u.MyChatMember.NewChatMember; member != nil {
			r.MemberStatus = member.MemberStatus()
		}
	case u.ChatMember != nil:
		r.kind("chat_member", &u.ChatMember.From, &u.ChatMember.Chat)
		r.at(u.ChatMember.Date)
	case u.ChatJoinRequest != nil:
		r.kind("chat_join_request", &u.ChatJoinRequest.From, &u.ChatJoinRequest.Chat)
		r.at(u.ChatJoinRequest.Date)
	case u.ChatBoost != nil:
		r.boost("chat_boost", u.ChatBoost.Boost.Source, &u.ChatBoost.Chat)
		r.at(u.ChatBoost.Boost.AddDate)
	case u.RemovedChatBoost != nil:
		r.boost("removed_chat_boost", u.RemovedChatBoost.Source, &u.RemovedChatBoost.Chat)
		r.at(u.RemovedChatBoost.RemoveDate)
	default:
		r.other(u)
	}
	return r.Update
}

// updateBuilder is an update being read.
type updateBuilder struct{ bb.Update }

func (r *updateBuilder) kind(name string, user *telego.User, chat *telego.Chat) {
	r.Kind = name
	if user != nil {
		r.UserID, r.FromBot, r.Language, r.Premium = user.ID, user.IsBot, user.LanguageCode, user.IsPremium
	}
	if chat != nil {
		r.ChatID, r.ChatType = chat.ID, chat.Type
	}
}

func (r *updateBuilder) onBehalfOf(chat *telego.Chat) {
	if chat != nil {
		r.SenderChatID = chat.ID
	}
}

func (r *updateBuilder) message(kind string, m *telego.Message) {
	r.kind(kind, m.From, &m.Chat)
	r.onBehalfOf(m.SenderChat)
	if m.EditDate > 0 {
		r.EditDate = time.Unix(m.EditDate, 0)
	}
	if m.SenderBusinessBot != nil {
		r.SenderBusinessBotID = m.SenderBusinessBot.ID
	}
	r.BusinessConnectionID, r.FromOffline, r.HasLocation = m.BusinessConnectionID, m.IsFromOffline, m.Location != nil
	switch {
	case m.RefundedPayment != nil:
		r.Refunded, r.Currency, r.TotalAmount = true, m.RefundedPayment.Currency, int64(m.RefundedPayment.TotalAmount)
	case m.SuccessfulPayment != nil:
		p := m.SuccessfulPayment
		r.Currency, r.TotalAmount, r.Recurring, r.FirstRecurring = p.Currency, int64(p.TotalAmount), p.IsRecurring, p.IsFirstRecurring
	}
}

func (r *updateBuilder) newMessage(kind string, m *telego.Message) {
	r.message(kind, m)
	r.at(m.Date)
}

// at sets when it happened.
func (r *updateBuilder) at(seconds int64) {
	if seconds > 0 {
		r.Date = time.Unix(seconds, 0)
	}
}

// chatOf does not call GetChat, which panics on a nil pointer in the interface.
func chatOf(message telego.MaybeInaccessibleMessage) *telego.Chat {
	switch m := message.(type) {
	case *telego.Message:
		if m != nil {
			return &m.Chat
		}
	case *telego.InaccessibleMessage:
		if m != nil {
			return &m.Chat
		}
	}
	return nil
}

// boost reads a boost; nobody is behind it where nobody claimed a giveaway.
func (r *updateBuilder) boost(kind string, source telego.ChatBoostSource, chat *telego.Chat) {
	var user *telego.User
	switch s := source.(type) {
	case *telego.ChatBoostSourcePremium:
		if s != nil {
			user, r.BoostSource = &s.User, s.Source
		}
	case *telego.ChatBoostSourceGiftCode:
		if s != nil {
			user, r.BoostSource = &s.User, s.Source
		}
	case *telego.ChatBoostSourceGiveaway:
		if s != nil {
			user, r.BoostSource = s.User, s.Source
		}
	}
	r.kind(kind, user, chat)
}

// other reads a kind that has no case: one that is too rare to be read field by
// field, or that a later version decodes.
func (r *updateBuilder) other(u *telego.Update) {
	defer func() { _ = recover() }() // whatever a hand-made update makes of its encoding
	raw, err := json.Marshal(u)
	if err != nil {
		return
	}
	if read, err := bb.UpdateFromJSON(raw, r.BotID, r.BotUsername); err == nil {
		r.Update = read
	}
}
