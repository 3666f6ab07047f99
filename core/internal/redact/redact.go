// Package redact makes text from outside fit for people: text of a peer, a
// proxy, a certificate, a transport or an event's name.
package redact

import (
	"log/slog"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxText = 300 // bytes of a text that reach a log line or an error
	maxRead = 64 << 10
	minKey  = 6 // characters; the text of a message holds shorter ones by chance

	redacted = "[redacted]"
	cutMark  = "…"
)

// Redactor knows the integration key. It is the only way of text from outside
// into a log line or an error. A nil Redactor knows no key.
type Redactor struct {
	key     *regexp.Regexp
	longest int // bytes of a form of the key, at most
}

// New returns a Redactor for a key, which it also finds in the forms in which
// peers quote it.
func New(key string) *Redactor {
	if len(key) < minKey {
		return nil
	}
	quoted := strconv.Quote(key)
	forms := []string{key, quoted[1 : len(quoted)-1], url.QueryEscape(key), url.PathEscape(key)}
	longest := 0
	for i, form := range forms {
		longest = max(longest, utf8.UTFMax*len(form)) // a letter that folds to one of ASCII may have more bytes
		forms[i] = regexp.QuoteMeta(form)
	}
	return &Redactor{regexp.MustCompile("(?i)" + strings.Join(forms, "|")), longest}
}

// Text returns s without the key and without characters that do not print or
// that change the direction of others, and at most 300 bytes of it.
func (r *Redactor) Text(s string) string {
	whole := len(s) <= maxRead
	s = strings.Map(printable, s[:min(len(s), maxRead)])
	end := len(s)
	if r != nil {
		s = r.key.ReplaceAllString(s, redacted) // after the above, which may join what was apart
		end = len(s)
		if !whole {
			end = max(0, end-r.longest) // where the beginning of a key may stand
		}
	}
	if whole && len(s) <= maxText {
		return s
	}
	end = min(end, maxText-len(cutMark))
	for end > 0 && end < len(s) && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + cutMark
}

func printable(c rune) rune {
	switch {
	case c == utf8.RuneError:
		return '?'
	case unicode.IsPrint(c):
		return c
	case unicode.IsSpace(c):
		return ' '
	}
	return -1
}

// Attrs applies Text to all text in attrs, their keys too, in place, and returns
// them.
func (r *Redactor) Attrs(attrs []slog.Attr) []slog.Attr {
	for i, a := range attrs {
		attrs[i].Key = r.Text(a.Key)
		switch a.Value.Kind() {
		case slog.KindString:
			attrs[i].Value = slog.StringValue(r.Text(a.Value.String()))
		case slog.KindGroup:
			r.Attrs(a.Value.Group())
		case slog.KindAny:
			attrs[i].Value = slog.AnyValue(r.value(a.Value.Any()))
		}
	}
	return attrs
}

// value applies Text to all text in what was read from JSON.
func (r *Redactor) value(v any) any {
	switch v := v.(type) {
	case string:
		return r.Text(v)
	case []any:
		clean := make([]any, len(v))
		for i, element := range v {
			clean[i] = r.value(element)
		}
		return clean
	case map[string]any:
		clean := make(map[string]any, len(v))
		for name, element := range v {
			clean[r.Text(name)] = r.value(element)
		}
		return clean
	}
	return v
}
