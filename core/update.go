package bb

import "time"

// Update is what an adapter tells the client about one Telegram update. It
// holds facts as Telegram sent them and no judgement: which update counts as
// what is decided by [Client.Observe] alone. Every field may be zero. Update is
// comparable, and stays so.
type Update struct {
	// BotID is the id of the bot that received the update: the number before
	// the colon of its token.
	BotID int64
	// BotUsername is the bot's user name without "@". While it is "", a command
	// for any @name counts as one for this bot.
	BotUsername string
	// NameAsked says that BotUsername is being asked for: a command for any @name
	// then waits until [Client.Named] tells it, for at most 10 s, instead of being
	// counted as one for this bot.
	NameAsked bool
	// ID is update_id. 0 means that the update cannot be recognised when it
	// comes again.
	ID int64
	// Kind is the Bot API's name of the field that the update came in:
	// "message", "callback_query", and so on. "" means that the library cannot
	// name it.
	Kind string

	// MessageID and CallbackID stand in for an ID that is not known, in
	// [Client.Bind]: message_id of the message, and id of the callback query, that
	// a handler got without the update.
	MessageID  int64
	CallbackID string

	// UserID is the acting user as Telegram gives it, also when that is a
	// stand-in such as GroupAnonymousBot.
	UserID int64
	// ChatID is the chat that it happened in.
	ChatID int64
	// SenderChatID is the chat on whose behalf it was done: sender_chat of a
	// message, actor_chat of a reaction, voter_chat of a poll answer.
	SenderChatID int64
	// FromBot is is_bot of the acting user.
	FromBot bool
	// ChatType is the type of ChatID: "private", "group", "supergroup" or
	// "channel".
	ChatType string

	// Date is when it happened, as the update itself says: date of a new message, a
	// change of a member or a reaction, add_date of a boost, and so on. It is zero
	// where the update does not say: it is not the date of the message that was
	// edited or whose button was pressed, nor that of a business connection that
	// ends.
	Date time.Time
	// Text is the text of a new message, never its caption. It is read for
	// commands and never sent.
	Text string
	// CallbackData is the data of a pressed button. It is sent only with
	// Capture.Buttons.
	CallbackData string
	// MemberStatus is the bot's new status in a my_chat_member update.
	MemberStatus string

	// The facts from here on tell who acted, and when. An adapter leaves out what
	// its library does not decode.

	// EditDate is the edit_date of an edited message. It is zero where Telegram
	// edited it for another reason, as for a reaction.
	EditDate time.Time
	// BoostSource is the source of a boost: "premium", "gift_code", "giveaway".
	BoostSource string
	// SubscriptionState is the state of a subscription update.
	SubscriptionState string

	// FromOffline is is_from_offline of a message: an automatic reply, or a
	// scheduled one.
	FromOffline bool
	// HasLocation reports whether a message holds a location, live or not.
	HasLocation bool
	// BusinessConnectionID is the business account that a message, or the
	// message under a pressed button, was sent through.
	BusinessConnectionID string
	// SenderBusinessBotID is the bot that sent a message for a business account.
	SenderBusinessBotID int64

	// Currency and TotalAmount are those of a payment that a message reports, in
	// the smallest unit of the currency. "": there is none.
	Currency    string
	TotalAmount int64
	// Refunded: the payment was given back.
	Refunded bool
	// Recurring and FirstRecurring are is_recurring and is_first_recurring of a
	// payment for a subscription.
	Recurring, FirstRecurring bool

	// Language and Premium are language_code and is_premium of the acting user.
	Language string
	Premium  bool
}
