package bb

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// Defaults of [Config].
const (
	DefaultBaseURL        = "https://bb-bot.ru"
	DefaultTimeout        = 5 * time.Second
	DefaultMaxInFlight    = 16
	DefaultMaxAge         = 14 * 24 * time.Hour
	DefaultActivityWindow = time.Minute
	DefaultMemoryEvents   = 10_000
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
	// are not limited. Defaults to 14 days: outages of four days were seen.
	MaxAge time.Duration
	// ActivityWindow is the time in which a user's activity is sent at most
	// once. Defaults to 60 s; negative: every activity is sent.
	ActivityWindow time.Duration
	// Capture turns on automatic events that are off by default.
	Capture Capture

	// Enrich returns what to add to the payload of an event: the version of the bot,
	// the person's language, a variant. It is asked about every automatic event, and
	// every event that a [Tracker] sends; about others, sent by Client.Send, nothing
	// is known. A key that the event has already is left as it is, and so are name,
	// ids, date and idempotency key: after an update of the bot, a redelivered event
	// still counts once. It runs inside Send, before BeforeSend, so it must be quick,
	// and must be safe to call from several goroutines. If it panics, or returns what
	// JSON cannot express or more than 4 KiB, nothing is added, and the log says so
	// once. It must not send events itself, nor change a map that it has returned.
	// nil: nothing is added.
	Enrich func(name string, about UpdateInfo) Payload
	// BeforeSend has the last look at every event, automatic or explicit. It
	// returns the event to send, or false to send nothing: opt-outs, redaction,
	// no groups. The Payload that it gets is never nil. It runs inside Send, so it
	// must be quick, and must be safe to call from several goroutines. A panic
	// means false, and is logged.
	BeforeSend func(Event) (Event, bool)
	// Outbox keeps events until they are delivered. Defaults to
	// MemoryOutbox(10_000). A client that New returned owns it; Shutdown
	// closes it.
	Outbox Outbox

	// Throttle makes ActivityWindow hold over all replicas of the bot: the
	// client asks it in the background, once per activity, before its first
	// request. If it fails, the activity is sent. nil means that this process is
	// alone.
	Throttle Throttle
	// Transport carries the requests. Defaults to one that the client owns:
	// HTTP/1.1, keep-alive, proxy from the environment. Redirects are never
	// followed, whatever the transport.
	Transport http.RoundTripper
	// Logger takes the client's few lines. Defaults to slog.Default(). It is
	// never called inside Send.
	Logger *slog.Logger
	// OnDrop is called for each event that will not be delivered, as it would
	// have been sent: payload numbers are float64, and a payload that JSON
	// cannot express is nil. The calls come one at a time on a goroutine of the
	// client, never inside Send. There is none for events that BeforeSend held
	// back, for throttled ones and duplicates, and for what OnDrop itself sends:
	// it must send nothing from a goroutine that it starts, which is not
	// recognised. While a thousand calls or 1 MiB wait, further ones are skipped;
	// Stats counts all.
	OnDrop func(Event, DropReason)

	// enabledAs is what ConfigFromEnv read for Enabled, for a warning.
	enabledAs string
}

// Capture turns on automatic events that are off by default.
type Capture struct {
	// Commands sends command_used for every command to this bot but /start.
	Commands bool
	// Buttons sends choice_made with the data of a pressed inline button.
	Buttons bool
	// StartParams are prefixes of deep-link parameters that are campaigns, like
	// "ads_". A parameter with one of them is added to user_started as
	// start_param; "" is every one that a link can have, but for bizChat and a
	// number, a third person's id. Others stay home: they may be login secrets or
	// ids of people.
	StartParams []string
	// Blocks sends bot_blocked and bot_unblocked.
	Blocks bool
	// Business counts updates from business accounts as activity. Their people
	// never met the bot, hence off.
	Business bool
	// Payments sends payment_succeeded with currency, total_amount and recurring, and
	// payment_refunded with currency and total_amount. Amounts are in the smallest
	// unit of the currency, as Telegram gives them: never add up two currencies. The
	// payload of the invoice, the order and the charge ids stay home. Use it, or an
	// event of your own such as order_paid, but not both for one number.
	Payments bool
}

// withDefaults returns a copy with every zero field filled in.
func (c Config) withDefaults() Config {
	c.BaseURL = strings.TrimRight(strings.TrimSpace(c.BaseURL), "/")
	c.IntegrationKey = Secret(strings.TrimSpace(string(c.IntegrationKey)))
	c.Capture.StartParams = slices.Clone(c.Capture.StartParams) // what its owner makes of it later lets nothing out
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

// place returns the place that is configured for events, if one is.
func (c Config) place() store.Place {
	if isNil(c.Outbox) {
		return store.Place{}
	}
	return c.Outbox.Place()
}

// outbox returns where accepted events go: to memory, unless another place is
// configured.
func (c Config) outbox(log *callbacks.Log) store.Place {
	if place := c.place(); place.Store != nil || place.Destination != nil {
		return place
	}
	if c.Outbox != nil {
		log.Now(slog.LevelWarn, "bb: Config.Outbox is a nil pointer or empty; events are kept in memory instead",
			slog.String("remedy", "look at the error that came with the outbox"))
	}
	return MemoryOutbox(DefaultMemoryEvents).Place()
}

// throttle returns what decides for all replicas; nil: there is none.
func (c Config) throttle(log *callbacks.Log) throttle.Shared {
	if !isNil(c.Throttle) {
		if shared := c.Throttle.Shared(); shared != nil {
			return shared
		}
	}
	if c.Throttle != nil {
		log.Now(slog.LevelWarn, "bb: Config.Throttle is a nil pointer or empty; activity is throttled in this process only")
	}
	return nil
}
