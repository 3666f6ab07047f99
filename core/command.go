package bb

import "strings"

const (
	maxCommand    = 64 // TDLib marks commands up to this length
	maxStartParam = 64 // https://core.telegram.org/bots/features#deep-linking
)

// parseCommand reads a command from the text of a message to the bot with the
// given user name: "/name" or "/name@bot" at the very start, ended by the end
// or white space. Entities are not asked: the text alone gives one answer for
// every library. While username is "", any @name counts as this bot's.
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

// isStartParam reports whether s can be the parameter of a deep link, rather
// than something that a person typed after /start.
func isStartParam(s string) bool {
	return s != "" && len(s) <= maxStartParam && isWord(strings.ReplaceAll(s, "-", "_"))
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
