package bb

import (
	"strings"
	"time"
)

// Users that Telegram puts in where a chat acted.
const (
	telegramServiceUser = 777000
	channelBotUser      = 136817688
	groupAnonymousUser  = 1087968824
)

// backlogAge is how long an update must have waited for its automatic events to
// be dated by its own date instead of the moment of observation, and for the
// throttle to go by a date instead of the clock.
const backlogAge = 5 * time.Second

// maxAutomatic is how many events one update can emit.
const maxAutomatic = 2

// subjects are what the rules ask of an update again and again.
type subjects struct {
	kind   *kind
	person int64 // see Update.person
	actor  int64 // the person if it was they who acted, or 0: activity is about the actor
}

func subjectsOf(u *Update) subjects {
	s := subjects{kind: kindOf(u), person: u.person()}
	if !u.happenedByItself(s.kind) {
		s.actor = s.person
	}
	return s
}

// of is the person whom an event that an update emits is about, or 0.
func (s *subjects) of(name string) int64 {
	if name == EventActivity {
		return s.actor
	}
	return s.person
}

// automaticEvents appends the names of the events that an update emits. It is
// the one place that says which update means what.
func automaticEvents(names []string, u *Update, s *subjects, c *Capture) []string {
	if !c.Business && (s.kind.business || u.BusinessConnectionID != "") {
		return names
	}
	switch u.Kind {
	case "my_chat_member":
		if u.ChatType == "private" {
			return membershipEvents(names, u, s, c)
		}
	case "callback_query":
		if c.Buttons && s.person != 0 && buttonData(u) != "" {
			names = append(names, EventChoiceMade)
		}
	case "message":
		names = commandEvent(names, u, s, c)
		names = paymentEvent(names, u, c)
	}
	return append(names, EventActivity)
}

// paymentEvent is about money and not about what a person does: that of a renewal,
// which nobody made, counts too.
func paymentEvent(names []string, u *Update, c *Capture) []string {
	switch {
	case !c.Payments || !isCurrency(u.Currency):
		return names
	case u.Refunded:
		return append(names, EventPaymentRefunded)
	}
	return append(names, EventPaymentSucceeded)
}

// isCurrency: Telegram uses the codes of ISO 4217, and XTR for Stars.
func isCurrency(code string) bool {
	return len(code) == 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func commandEvent(names []string, u *Update, s *subjects, c *Capture) []string {
	if s.actor == 0 {
		return names
	}
	switch command, _, ok := parseCommand(u.Text, u.BotUsername); {
	case !ok:
		return names
	case command == "start":
		return append(names, EventUserStarted)
	case c.Commands && isPublicCommand(command):
		return append(names, EventCommandUsed)
	}
	return names
}

// membershipEvents are those of a person who blocked the bot, which is no
// activity, or unblocked it.
func membershipEvents(names []string, u *Update, s *subjects, c *Capture) []string {
	wanted := c.Blocks && s.person != 0
	switch {
	case u.MemberStatus == "kicked" && wanted:
		return append(names, EventBotBlocked)
	case u.MemberStatus == "kicked":
		return names
	case u.MemberStatus == "member" && wanted:
		names = append(names, EventBotUnblocked)
	}
	return append(names, EventActivity)
}

// occurred returns when an update says that it happened, if it waited at Telegram
// since; else zero, which is now. Of what nobody did a message alone has a date:
// a counter that changed, or a phone that moved, is no news of that hour.
func (u *Update) occurred(s *subjects, now time.Time) time.Time {
	date := u.Date
	if s.kind.edit {
		date = u.EditDate
	}
	if date.IsZero() || !isBacklog(date, now) || s.kind.standing || !s.kind.message && s.actor == 0 {
		return time.Time{}
	}
	return date
}

// isBacklog reports whether what happened at a date waited at Telegram until now.
func isBacklog(date, now time.Time) bool { return date.Before(now.Add(-backlogAge)) }

func automaticPayload(name string, u *Update, c *Capture) Payload {
	switch name {
	case EventActivity:
		p := Payload{"source": "telegram", "update_type": u.Kind}
		if u.Kind == "" {
			p["update_type"] = "unknown"
		}
		if u.ChatType != "" {
			p["chat_type"] = u.ChatType
		}
		return p
	case EventUserStarted:
		p := Payload{"source": "telegram", "handler": "start"}
		if param := startParam(u, c); param != "" {
			p["start_param"] = param
		}
		return p
	case EventCommandUsed:
		command, _, _ := parseCommand(u.Text, u.BotUsername)
		return Payload{"command": command, "handler": "commands"}
	case EventChoiceMade:
		return Payload{"choice_id": buttonData(u), "handler": "callback_query"}
	case EventPaymentSucceeded:
		return Payload{"currency": u.Currency, "total_amount": u.TotalAmount, "recurring": u.Recurring}
	case EventPaymentRefunded:
		return Payload{"currency": u.Currency, "total_amount": u.TotalAmount}
	}
	return Payload{"source": "telegram"}
}

// person is the human whom an update names, or 0: a chat, a bot or Telegram
// itself stands there. Handlers are about the person.
func (u *Update) person() int64 {
	switch {
	case u.Refunded && u.ChatType == "private":
		return u.ChatID // it is the bot that says so: https://github.com/aiogram/aiogram/issues/1692
	case u.SenderChatID != 0 || u.FromBot:
		return 0
	case u.UserID == telegramServiceUser || u.UserID == channelBotUser || u.UserID == groupAnonymousUser:
		return 0
	case u.Kind == "stopped_message_generation" && u.ChatType == "private":
		return u.ChatID // the update names no user, and nobody else is there
	}
	return u.UserID
}

// happenedByItself reports whether an update names a person who did nothing.
func (u *Update) happenedByItself(k *kind) bool {
	switch {
	case u.FromBot: // the bot gave money back
		return true
	case u.FromOffline: // a scheduled message, an automatic reply
		return true
	case u.SenderBusinessBotID != 0: // a bot wrote it in the name of a business
		return true
	case u.Recurring && !u.FirstRecurring: // a subscription was charged again
		return true
	case k.edit && u.EditDate.IsZero(): // somebody else reacted to it, or viewed it
		return true
	case k.edit && u.HasLocation: // the phone moved; other locations cannot be edited
		return true
	}
	switch u.Kind {
	case "subscription":
		return u.SubscriptionState == "failed"
	case "chat_boost":
		return u.BoostSource == "giveaway"
	case "removed_chat_boost":
		return true
	}
	return false
}

// buttonData is the data of a button without the form feed by which telebot
// marks its own.
func buttonData(u *Update) string { return strings.TrimPrefix(u.CallbackData, "\f") }
