package bb

import (
	"strings"
	"testing"
)

func FuzzParseCommand(f *testing.F) {
	for _, seed := range []string{"/start", "/start@This_Bot ref", "/help\nx", "/", "/@", "/start@", "/ü", "/a@b@c"} {
		f.Add(seed, "this_bot")
	}
	f.Fuzz(func(t *testing.T, text, username string) {
		name, rest, ok := parseCommand(text, username)
		if !ok {
			return
		}
		if !strings.HasPrefix(text, "/"+name) || !isWord(name) || len(name) > maxCommand {
			t.Errorf("parseCommand(%q) = %q", text, name)
		}
		if rest != strings.TrimSpace(rest) || !strings.Contains(text, rest) {
			t.Errorf("parseCommand(%q): rest = %q", text, rest)
		}
	})
}
