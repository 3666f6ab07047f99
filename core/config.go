package bb

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Defaults of [Config].
const (
	DefaultBaseURL        = "https://bb-bot.ru"
	DefaultTimeout        = 5 * time.Second
	DefaultMaxInFlight    = 16
	DefaultMaxAge         = 72 * time.Hour
	DefaultActivityWindow = time.Minute
	DefaultOutboxEvents   = 10_000
)

// Config holds every setting of a [Client]. The zero value of a field is its
// default.
type Config struct {
	// Enabled turns analytics on. While it is false the client does nothing.
	Enabled bool
	// BaseURL is the backend, with http or https and without /api/bot/events.
	// Defaults to https://bb-bot.ru.
	BaseURL string
	// IntegrationKey is the bearer key of the bot's integration. Required when
	// Enabled. White space around it is dropped.
	IntegrationKey Secret

	// Timeout bounds one request, from dialling to the end of the answer.
	// Defaults to 5 s.
	Timeout time.Duration
	// MaxInFlight bounds the concurrent requests. The client starts with one
	// and uses more only while events wait and the API answers well.
	// Defaults to 16.
	MaxInFlight int
	// MaxAge is how long after its acceptance an event is given up. Attempts
	// are not limited. Defaults to 72 h.
	MaxAge time.Duration
	// ActivityWindow is the time in which a user's activity is sent at most
	// once. Defaults to 60 s; negative: every activity is sent.
	ActivityWindow time.Duration
	// Capture turns on automatic events that are off by default.
	Capture Capture

	// BeforeSend has the last look at every event, automatic or explicit. It
	// returns the event to send, or false to send nothing: opt-outs, redaction,
	// no groups. It runs inside Send, so it must be quick, and must be safe to
	// call from several goroutines. A panic means false.
	BeforeSend func(Event) (Event, bool)
	// Outbox keeps events until they are delivered. Defaults to
	// MemoryOutbox(10_000). A client that New returned owns it; Shutdown
	// closes it.
	Outbox Outbox

	// Throttle makes ActivityWindow hold over all replicas of the bot: it is
	// asked in the background, once per activity, before its first request. If
	// it fails, the activity is sent. nil means that this process is alone.
	Throttle Throttle
	// Transport carries the requests. Defaults to one that the client owns:
	// HTTP/1.1, keep-alive, proxy from the environment. Redirects are never
	// followed, whatever the transport.
	Transport http.RoundTripper
	// Logger takes the client's few lines. Defaults to slog.Default(). It is
	// never called inside Send.
	Logger *slog.Logger
	// OnDrop is told of every event that was accepted or refused and will not
	// be delivered, as it would have been sent: numbers of the payload are
	// float64, and a payload that JSON cannot express is nil. It is called
	// serially on a goroutine of the client, never inside Send. It is not
	// called for events that BeforeSend held back, nor for throttled ones and
	// duplicates. While a thousand calls wait, further ones are skipped; Stats
	// counts all.
	OnDrop func(Event, DropReason)
}

// Capture turns on automatic events that are off by default.
type Capture struct {
	// Commands sends command_used for every command to this bot but /start.
	Commands bool
	// Buttons sends choice_made with the data of a pressed inline button.
	Buttons bool
	// StartParam adds the parameter of a deep link to user_started. It may be
	// a login secret, hence off.
	StartParam bool
	// Blocks sends bot_blocked and bot_unblocked.
	Blocks bool
	// Business counts updates from business accounts as activity. Their people
	// never met the bot, hence off.
	Business bool
}

// withDefaults returns a copy with every zero field filled in.
func (c Config) withDefaults() Config {
	c.BaseURL = strings.TrimRight(strings.TrimSpace(c.BaseURL), "/")
	c.IntegrationKey = Secret(strings.TrimSpace(string(c.IntegrationKey)))
	if c.BaseURL == "" {
		c.BaseURL = DefaultBaseURL
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.MaxInFlight <= 0 {
		c.MaxInFlight = DefaultMaxInFlight
	}
	if c.MaxAge <= 0 {
		c.MaxAge = DefaultMaxAge
	}
	if c.ActivityWindow == 0 {
		c.ActivityWindow = DefaultActivityWindow
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// validate joins one *ConfigError for each setting that cannot be used. c has
// its defaults.
func (c Config) validate() error {
	return errors.Join(validateBaseURL(c.BaseURL), validateKey(string(c.IntegrationKey)))
}

// eventsPath is where the API takes events, below the base URL.
const eventsPath = "/api/bot/events"

func validateBaseURL(base string) error {
	wrong := func(reason string) error {
		return &ConfigError{Field: "BaseURL", Variable: EnvBaseURL, Reason: reason}
	}
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return wrong("is not a URL; set it like " + DefaultBaseURL)
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return wrong("must start with https:// or http:// and name a host, like " + DefaultBaseURL)
	case u.User != nil:
		return wrong("must not hold a user name or password; the key goes into " + EnvIntegrationKey)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return wrong("must end with the host or a path, without ? and #")
	case strings.HasSuffix(u.Path, eventsPath):
		return wrong("must not include " + eventsPath + "; the client adds it")
	}
	return nil
}

func validateKey(key string) error {
	wrong := func(reason string) error {
		return &ConfigError{Field: "IntegrationKey", Variable: EnvIntegrationKey, Reason: reason}
	}
	if key == "" {
		return wrong("is empty; copy the key from the bot's integration page in BB")
	}
	for _, r := range key {
		if r <= ' ' || r > '~' || r == '"' || r == '\'' {
			return wrong("holds a space, a line break, a quote or another character that no key has; copy it again, without quotes")
		}
	}
	return nil
}
