package redact

import (
	"log/slog"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const key = `bb_Live+K3y/9\x`

func TestText(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"plain", "HTTP 500: нет связи", "HTTP 500: нет связи"},
		{"key", "no such key " + key + "!", "no such key [redacted]!"},
		{"other case", strings.ToUpper(key), "[redacted]"},
		{"in a query", "/x?key=bb_Live%2BK3y%2F9%5Cx&y", "/x?key=[redacted]&y"},
		{"in a path", "/x/bb_Live+K3y%2F9%5Cx/y", "/x/[redacted]/y"},
		{"quoted by Go", `malformed "bb_Live+K3y/9\\x"`, `malformed "[redacted]"`},
		{"apart", "bb_Live\x00+K3y\u200b/9\u202e\\x", "[redacted]"},
		{"apart by broken UTF-8", "bb_Live\xff+K3y/9\\x", `bb_Live?+K3y/9\x`},
		{"line breaks and escapes", "a\r\nb\tc\x1b[31md\u2028e", "a  b c[31md e"},
		{"bidirectional", "\u202eabc\u2066d\u200f", "abcd"},
	}
	for _, c := range cases {
		if got := New(key).Text(c.text); got != c.want {
			t.Errorf("%s: Text = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTextIsShort(t *testing.T) {
	for _, long := range []string{strings.Repeat("x", 10<<20), strings.Repeat("ы", 200), strings.Repeat("€", 101), strings.Repeat(key, 50000)} {
		if got := New(key).Text(long); len(got) > maxText || len(got) < maxText-utf8.UTFMax || !utf8.ValidString(got) || !strings.HasSuffix(got, cutMark) {
			t.Errorf("Text of %d bytes = %q", len(long), got)
		}
	}
	// The key ends beyond the limit.
	if got := New(key).Text(strings.Repeat("x", maxText-8) + key); strings.Contains(got, "bb_") {
		t.Errorf("Text = %q, with a part of the key", got)
	}
}

func TestNoKeyHidesNothing(t *testing.T) {
	for _, r := range []*Redactor{nil, New(""), New("key")} {
		if got := r.Text("the key\n"); got != "the key " {
			t.Errorf("Text = %q", got)
		}
	}
}

func TestAttrs(t *testing.T) {
	attrs := New(key).Attrs([]slog.Attr{slog.String("a", key), slog.Int("n", 1), slog.Group("g", slog.String("b", "x\x1b"+key)), slog.Any("j", map[string]any{key: []any{"a\x1b", 1.5}})})
	if got := slog.GroupValue(attrs...).String(); got != "[a=[redacted] n=1 g=[b=x[redacted]] j=map[[redacted]:[a 1.5]]]" {
		t.Errorf("Attrs = %s", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("no such key " + key)
	f.Add("\x1b]0;" + key + "\u202e")
	f.Fuzz(func(t *testing.T, text string) {
		got := New(key).Text(text)
		if len(got) > maxText || !utf8.ValidString(got) || strings.Contains(strings.ToLower(got), strings.ToLower(key)) {
			t.Errorf("Text(%q) = %q", text, got)
		}
		for _, c := range got {
			if !unicode.IsPrint(c) {
				t.Errorf("Text(%q) holds %U", text, c)
			}
		}
	})
}
