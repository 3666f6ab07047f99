package bbgotelegram

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// readUpdate tells what u is, but for the bot's name.
func readUpdate(b *bot.Bot, u *models.Update) (facts bb.Update) {
	r := (*updateBuilder)(&facts)
	r.ID, r.BotID = u.ID, botID(b)
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
	case u.MessageReaction != nil:
		r.kind("message_reaction", u.MessageReaction.User, &u.MessageReaction.Chat)
		r.onBehalfOf(u.MessageReaction.ActorChat)
		r.at(int64(u.MessageReaction.Date))
	case u.MessageReactionCount != nil:
		r.kind("message_reaction_count", nil, &u.MessageReactionCount.Chat)
		r.at(int64(u.MessageReactionCount.Date))
	case u.InlineQuery != nil:
		r.kind("inline_query", u.InlineQuery.From, nil)
	case u.ChosenInlineResult != nil:
		r.kind("chosen_inline_result", &u.ChosenInlineResult.From, nil)
	case u.CallbackQuery != nil:
		r.kind("callback_query", &u.CallbackQuery.From, callbackChat(u.CallbackQuery))
		r.CallbackData = u.CallbackQuery.Data
		if m := u.CallbackQuery.Message.Message; m != nil {
			r.BusinessConnectionID = m.BusinessConnectionID
		}
	case u.ShippingQuery != nil:
		r.kind("shipping_query", u.ShippingQuery.From, nil)
	case u.PreCheckoutQuery != nil:
		r.kind("pre_checkout_query", u.PreCheckoutQuery.From, nil)
	case u.PurchasedPaidMedia != nil:
		r.kind("purchased_paid_media", &u.PurchasedPaidMedia.From, nil)
	case u.Poll != nil:
		r.kind("poll", nil, nil)
	case u.PollAnswer != nil:
		r.kind("poll_answer", u.PollAnswer.User, u.PollAnswer.VoterChat)
		r.onBehalfOf(u.PollAnswer.VoterChat)
	case u.MyChatMember != nil:
		r.kind("my_chat_member", &u.MyChatMember.From, &u.MyChatMember.Chat)
		r.MemberStatus = string(u.MyChatMember.NewChatMember.Type)
		r.at(int64(u.MyChatMember.Date))
	case u.ChatMember != nil:
		r.kind("chat_member", &u.ChatMember.From, &u.ChatMember.Chat)
		r.at(int64(u.ChatMember.Date))
	case u.ChatJoinRequest != nil:
		r.kind("chat_join_request", &u.ChatJoinRequest.From, &u.ChatJoinRequest.Chat)
		r.at(int64(u.ChatJoinRequest.Date))
	case u.ChatBoost != nil:
		r.kind("chat_boost", booster(&u.ChatBoost.Boost.Source), &u.ChatBoost.Chat)
		r.BoostSource = string(u.ChatBoost.Boost.Source.Source)
		r.at(int64(u.ChatBoost.Boost.AddDate))
	case u.RemovedChatBoost != nil:
		r.kind("removed_chat_boost", booster(&u.RemovedChatBoost.Source), &u.RemovedChatBoost.Chat)
		r.BoostSource = string(u.RemovedChatBoost.Source.Source)
		r.at(int64(u.RemovedChatBoost.RemoveDate))
	default:
		r.other(u)
	}
	return facts
}

// botID returns the number before the colon of the bot's token. Before version
// 1.14.0 the library does not tell it, so it is looked up.
func botID(b *bot.Bot) int64 {
	if b == nil {
		return 0
	}
	if known, ok := any(b).(interface{ ID() int64 }); ok {
		return known.ID()
	}
	if !hasToken {
		return 0
	}
	number, _, _ := strings.Cut(reflect.ValueOf(b).Elem().FieldByIndex(tokenField.Index).String(), ":")
	id, _ := strconv.ParseInt(number, 10, 64)
	return id
}

// tokenField is found once: to look for it takes longer than the rest of readUpdate.
var tokenField, hasToken = reflect.TypeFor[bot.Bot]().FieldByName("token")

// other reads a kind that has no case, but that a later version decodes.
func (r *updateBuilder) other(u *models.Update) {
	defer func() { _ = recover() }() // whatever a hand-made update makes of its encoding
	raw, err := json.Marshal(*u)     // a copy, so that u stays off the heap
	if err != nil {
		return
	}
	if read, err := bb.UpdateFromJSON(raw, r.BotID, ""); err == nil {
		*r = updateBuilder(read)
	}
}

// updateBuilder is an update being read.
type updateBuilder bb.Update

func (r *updateBuilder) kind(name string, user *models.User, chat *models.Chat) {
	r.Kind = name
	if user != nil {
		r.UserID, r.FromBot, r.Language, r.Premium = user.ID, user.IsBot, user.LanguageCode, user.IsPremium
	}
	if chat != nil {
		r.ChatID, r.ChatType = chat.ID, string(chat.Type)
	}
}

func (r *updateBuilder) onBehalfOf(chat *models.Chat) {
	if chat != nil {
		r.SenderChatID = chat.ID
	}
}

func (r *updateBuilder) message(kind string, m *models.Message) {
	r.kind(kind, m.From, &m.Chat)
	r.onBehalfOf(m.SenderChat)
	if m.EditDate > 0 {
		r.EditDate = time.Unix(int64(m.EditDate), 0)
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

func (r *updateBuilder) newMessage(kind string, m *models.Message) {
	r.message(kind, m)
	r.at(int64(m.Date))
}

// at sets when it happened.
func (r *updateBuilder) at(seconds int64) {
	if seconds > 0 {
		r.Date = time.Unix(seconds, 0)
	}
}

// callbackChat asks the pointers and not Message.Type, which says Message also
// where there is none.
func callbackChat(cb *models.CallbackQuery) *models.Chat {
	switch m := cb.Message; {
	case m.Message != nil:
		return &m.Message.Chat
	case m.InaccessibleMessage != nil:
		return &m.InaccessibleMessage.Chat
	}
	return nil
}

// booster is the user behind a boost; its id is 0 where nobody claimed a
// giveaway.
func booster(source *models.ChatBoostSource) *models.User {
	switch {
	case source.ChatBoostSourcePremium != nil:
		return &source.ChatBoostSourcePremium.User
	case source.ChatBoostSourceGiftCode != nil:
		return &source.ChatBoostSourceGiftCode.User
	case source.ChatBoostSourceGiveaway != nil:
		return &source.ChatBoostSourceGiveaway.User
	}
	return nil
}
