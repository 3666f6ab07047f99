package bb

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// eventsPath is where the API takes events, below the base URL.
const eventsPath = "/api/bot/events"

// validate joins one *ConfigError for each setting that cannot be used. c has
// its defaults. No error quotes a value: a key may be in the wrong variable.
func (c Config) validate() error {
	var wrong []error
	if reason := faultOfBaseURL(c.BaseURL); reason != "" {
		wrong = append(wrong, &ConfigError{Field: "BaseURL", Variable: EnvBaseURL, Reason: reason})
	}
	if reason := faultOfKey(string(c.IntegrationKey)); reason != "" {
		wrong = append(wrong, &ConfigError{Field: "IntegrationKey", Variable: EnvIntegrationKey, Reason: reason})
	}
	return errors.Join(wrong...)
}

func faultOfBaseURL(base string) string {
	if fault := faultOfCopying(base); fault != "" {
		return fault
	}
	u, err := url.Parse(base)
	switch {
	case !strings.Contains(base, "://") && (err != nil || u.Opaque != "" || strings.Contains(base, ".")):
		return "lacks its beginning: put https:// or http:// before it, as in " + DefaultBaseURL
	case err != nil:
		return "is not a URL; set it like " + DefaultBaseURL
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return "must start with https:// or http:// and name a host, like " + DefaultBaseURL
	case u.User != nil:
		return "must not hold a user name or password; the key goes into " + EnvIntegrationKey
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "must end with the host or a path, without ? and #"
	case strings.HasSuffix(u.Path, eventsPath):
		return "must not include " + eventsPath + "; the client adds it"
	}
	return ""
}

// botToken is the form of what @BotFather gives.
var botToken = regexp.MustCompile(`^(bot)?[0-9]{5,}:[A-Za-z0-9_-]{20,}$`)

func faultOfKey(key string) string {
	const copyIt = "copy the key from the bot's integration page in BB"
	if key == "" {
		return "is empty; " + copyIt
	}
	if isPlaceholder(key) {
		return "is a placeholder; " + copyIt
	}
	if strings.HasPrefix(strings.ToLower(key), "bearer ") {
		return `begins with "Bearer"; set the key alone, the client adds that word`
	}
	if fault := faultOfCopying(key); fault != "" {
		return fault
	}
	switch {
	case botToken.MatchString(key):
		return "is the token of a Telegram bot, which is nobody else's business; " + copyIt
	case strings.Contains(key, "://"):
		return "is an address; " + copyIt + ", and put the address into " + EnvBaseURL
	case strings.ContainsFunc(key, func(r rune) bool { return r > '~' }):
		return "holds a character that no key has, such as a letter that is not Latin; copy it again"
	}
	return ""
}

// faultOfCopying finds what comes along with a value from a file or a page.
func faultOfCopying(value string) string {
	switch {
	case strings.ContainsAny(value, "\"'`"):
		return "holds quotes; remove them: docker run --env-file, and set on Windows, keep them as part of the value"
	case strings.HasPrefix(value, "#"), strings.Contains(value, " #"), strings.Contains(value, "\t#"):
		return "holds a comment; remove it: what reads the variables does not know comments"
	case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return "holds a space, a line break or another control character; copy it again"
	case strings.HasPrefix(value, "$"), strings.HasPrefix(value, "%") && strings.HasSuffix(value, "%"):
		return "is the name of a variable, not its value: what starts the bot does not replace names; set the value itself"
	}
	return ""
}

// placeholders are what examples have for a key, without what is neither letter
// nor digit. A key of nothing but that, such as "...", is one too.
var placeholders = []string{"", "anykey", "yourkey", "yourintegrationkey", "bbintegrationkey", "changeme"}

func isPlaceholder(key string) bool {
	word := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, key)
	return slices.Contains(placeholders, word)
}
