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

// backlogAge is how long a message must have waited for its automatic events
// to be dated by its own date instead of the moment of observation.
const backlogAge = 5 * time.Second

// observation is an update with what the rules need to know about it.
type observation struct {
	Update
	person int64 // the acting person; 0: none
	origin *origin
}

func (o *observation) event(name string, p Payload) Event {
	ev := Event{Name: name, UserID: o.person, ChatID: o.ChatID, Payload: p}
	if !o.Date.IsZero() && time.Since(o.Date) > backlogAge {
		ev.OccurredAt = o.Date
	}
	return ev
}

// person is the human who acted, or 0: a chat, a bot or Telegram itself did.
func (u *Update) person() int64 {
	if u.SenderChatID != 0 || u.FromBot {
		return 0
	}
	switch u.UserID {
	case telegramServiceUser, channelBotUser, groupAnonymousUser:
		return 0
	}
	return u.UserID
}

// emit sends the automatic events of an update. Every rule about which update
// means what stands here.
func (s *state) emit(o *observation) {
	switch o.Kind {
	case "business_message", "edited_business_message", "deleted_business_messages":
		if !s.capture.Business {
			return
		}
	case "message":
		s.emitCommand(o)
	case "callback_query":
		s.emitButton(o)
	case "my_chat_member":
		if s.emitBlock(o) {
			return
		}
	}
	s.emitActivity(o)
}

// emitCommand sends user_started for /start and, if asked for, command_used
// for the others.
func (s *state) emitCommand(o *observation) {
	if o.person == 0 {
		return
	}
	name, rest, ok := parseCommand(o.Text, o.BotUsername)
	switch {
	case !ok:
	case name == "start":
		p := Payload{"source": "telegram", "handler": "start"}
		if s.capture.StartParam && isStartParam(rest) {
			p["start_param"] = rest
		}
		s.sendAutomatic(o.event(EventUserStarted, p), o.origin)
	case s.capture.Commands:
		s.sendAutomatic(o.event(EventCommandUsed, Payload{"command": name, "handler": "commands"}), o.origin)
	}
}

func (s *state) emitButton(o *observation) {
	// telebot marks the data of its own buttons with a form feed.
	data := strings.TrimPrefix(o.CallbackData, "\f")
	if s.capture.Buttons && o.person != 0 && data != "" {
		s.sendAutomatic(o.event(EventChoiceMade, Payload{"choice_id": data, "handler": "callback_query"}), o.origin)
	}
}

// emitBlock reports whether the person blocked the bot, which is no activity.
func (s *state) emitBlock(o *observation) (blocked bool) {
	if o.ChatType != "private" {
		return false
	}
	blocked = o.MemberStatus == "kicked"
	if !s.capture.Blocks || o.person == 0 {
		return blocked
	}
	switch o.MemberStatus {
	case "kicked":
		s.sendAutomatic(o.event(EventBotBlocked, Payload{"source": "telegram"}), o.origin)
	case "member":
		s.sendAutomatic(o.event(EventBotUnblocked, Payload{"source": "telegram"}), o.origin)
	}
	return blocked
}

func (o *observation) activityPayload() Payload {
	kind := o.Kind
	if kind == "" {
		kind = "unknown"
	}
	p := Payload{"source": "telegram", "update_type": kind}
	if o.ChatType != "" {
		p["chat_type"] = o.ChatType
	}
	return p
}
