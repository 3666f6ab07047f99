package bb

import "strings"

const (
	maxCommand     = 64 // TDLib marks commands up to this length
	maxCommandSent = 32 // https://core.telegram.org/bots/api#botcommand
	maxStartParam  = 64 // https://core.telegram.org/bots/features#deep-linking
)

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

// isPublicCommand reports whether a command may be sent. Bots give each of their
// customers or orders one, and people type phone numbers after a slash.
func isPublicCommand(name string) bool {
	if c := lower(name[0]); len(name) > maxCommandSent || c < 'a' || c > 'z' {
		return false
	}
	digits := 0
	for i := range len(name) {
		if name[i] < '0' || name[i] > '9' {
			digits = 0
		} else if digits++; digits == 5 {
			return false
		}
	}
	return true
}

// startParam is the parameter of the deep link that a /start came from, if it is a
// campaign's, or "". One for @somebody is another bot's while ours has no name.
func startParam(u *Update, c *Capture) string {
	if u.lacksName() {
		return ""
	}
	if command, param, _ := parseCommand(u.Text, u.BotUsername); command == "start" && isCampaign(param, c.StartParams) {
		return param
	}
	return ""
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
