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
// be dated by its own date instead of the moment of observation.
const backlogAge = 5 * time.Second

const (
	maxCommand    = 64 // TDLib marks commands up to this length
	maxStartParam = 64 // https://core.telegram.org/bots/features#deep-linking
)

// maxAutomatic is how many events one update can emit.
const maxAutomatic = 2

// automaticEvents appends the names of the events that an update emits. It is
// the one place that says which update means what; newAutomatic says the rest.
func automaticEvents(names []string, u *Update, c *Capture) []string {
	switch u.Kind {
	case "business_message", "edited_business_message", "deleted_business_messages":
		if !c.Business {
			return names
		}
	case "my_chat_member":
		if u.ChatType == "private" {
			return membershipEvents(names, u, c)
		}
	case "callback_query":
		if c.Buttons && u.person() != 0 && buttonData(u) != "" {
			names = append(names, EventChoiceMade)
		}
	case "message":
		names = commandEvent(names, u, c)
	}
	return append(names, EventActivity)
}

func commandEvent(names []string, u *Update, c *Capture) []string {
	if u.person() == 0 {
		return names
	}
	switch command, _, ok := parseCommand(u.Text, u.BotUsername); {
	case !ok:
		return names
	case command == "start":
		return append(names, EventUserStarted)
	case c.Commands:
		return append(names, EventCommandUsed)
	}
	return names
}

// membershipEvents are those of a person who blocked the bot, which is no
// activity, or unblocked it.
func membershipEvents(names []string, u *Update, c *Capture) []string {
	wanted := c.Blocks && u.person() != 0
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

// newAutomatic returns an event that an update emits, observed at a date.
func newAutomatic(name string, u *Update, c *Capture, date time.Time) Event {
	ev := Event{Name: name, UserID: u.person(), ChatID: u.ChatID, Payload: automaticPayload(name, u, c)}
	if !u.Date.IsZero() && date.Sub(u.Date) > backlogAge {
		ev.OccurredAt = u.Date
	}
	return ev
}

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
		if _, param, _ := parseCommand(u.Text, u.BotUsername); isCampaign(param, c.StartParams) {
			p["start_param"] = param
		}
		return p
	case EventCommandUsed:
		command, _, _ := parseCommand(u.Text, u.BotUsername)
		return Payload{"command": command, "handler": "commands"}
	case EventChoiceMade:
		return Payload{"choice_id": buttonData(u), "handler": "callback_query"}
	}
	return Payload{"source": "telegram"}
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

// buttonData is the data of a button without the form feed by which telebot
// marks its own.
func buttonData(u *Update) string { return strings.TrimPrefix(u.CallbackData, "\f") }

// parseCommand reads a command from the text of a message to the bot with the
// given user name: "/name" or "/name@bot" at the very start, ended by the end
// or white space. It ignores entities: the text alone gives one answer for every
// library. While username is "", any @name counts as this bot's.
func parseCommand(text, username string) (name, rest string, ok bool) {
	if !strings.HasPrefix(text, "/") {
		return "", "", false
	}
	word, rest := text[1:], ""
	if i := strings.IndexAny(word, " \t\r\n"); i >= 0 {
		word, rest = word[:i], strings.TrimSpace(word[i:])
	}
	name, target, addressed := strings.Cut(word, "@")
	if len(name) > maxCommand || !isWord(name) {
		return "", "", false
	}
	if addressed && (!isWord(target) || username != "" && !equalFoldASCII(target, username)) {
		return "", "", false
	}
	return name, rest, true
}

// isCampaign reports whether the parameter of a deep link begins with one of the
// prefixes that its owner declared to be campaigns. Others may be login secrets.
// bizChat and a number is what Telegram itself writes: the id of a third person.
func isCampaign(param string, prefixes []string) bool {
	if param == "" || len(param) > maxStartParam || !isWord(strings.ReplaceAll(param, "-", "_")) {
		return false // nothing, or what a person typed after /start
	}
	if id, ok := strings.CutPrefix(param, "bizChat"); ok && id != "" && strings.Trim(id, "0123456789") == "" {
		return false
	}
	for _, prefix := range prefixes {
		if strings.HasPrefix(param, prefix) {
			return true
		}
	}
	return false
}

func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < '0' || c > '9') && (lower(c) < 'a' || lower(c) > 'z') {
			return false
		}
	}
	return s != ""
}

func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
