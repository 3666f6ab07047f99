package bb

import (
	"context"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/clock"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/delivery"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/recent"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/redact"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// Client accepts events and delivers them in the background. Make it once with
// [New]; it lives as long as the bot. All methods may be called concurrently.
// A nil Client accepts every call and does nothing.
type Client struct{ parts *parts }

// parts is what a client is made of, behind one pointer so that printing a
// Client shows nothing of it.
type parts struct {
	capture  Capture
	bots     bots
	seen     seen
	names    names
	intake   *intake // nil: disabled
	outlet   outlet
	store    store.Store // nil: there is none
	counters counters
	drops    *dropReports
	log      *callbacks.Log
	shutdown shutdown
}

// outlet is the half of a client behind its inbox.
type outlet interface {
	Check(context.Context) *endpoint.Problem
	Flush(context.Context) (*endpoint.Problem, error)
	Flow() store.Flow
	Stop(context.Context) (lost []store.Record, err error)
}

// New returns a client for cfg. It does not touch the network; see
// [Client.Check] for that. An error is a *[ConfigError], or several joined; the
// client is then nil, which is safe to use, and cfg.Outbox stays the caller's.
//
// A disabled client does nothing, and New checks nothing but whether a key was
// given in vain.
func New(cfg Config) (*Client, error) { return newClient(cfg, nil, nil) }

// newClient is New on the clock and the network of a test.
func newClient(cfg Config, clock *clock.Clock, dial endpoint.Dial) (*Client, error) {
	cfg = cfg.withDefaults()
	redactor := redact.New(string(cfg.IntegrationKey))
	p := &parts{capture: cfg.Capture, log: callbacks.NewLog(cfg.Logger, redactor), shutdown: newShutdown()}
	if !cfg.Enabled {
		warnKeyInVain(p.log, cfg)
		p.outlet = nowhere{cfg.place().Store}
		return &Client{p}, nil
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	p.bots.log, p.names.log, p.seen.bots = p.log, p.log, &p.bots
	p.drops = &dropReports{onDrop: cfg.OnDrop, log: p.log, tallies: make(map[DropReason]*tally)}
	p.intake = &intake{
		clock: clock, bots: &p.bots, recent: recent.New(recentKeys), beforeSend: cfg.BeforeSend, counters: &p.counters,
		enrichment: newEnrichment(&cfg, p.log),
	}
	if cfg.ActivityWindow > 0 {
		p.intake.window = throttle.New(cfg.ActivityWindow)
	}
	p.connect(cfg, redactor, clock, dial)
	lastLog.Store(p.log)
	return &Client{p}, nil
}

// connect makes what is behind the intake.
func (p *parts) connect(cfg Config, redactor *redact.Redactor, clock *clock.Clock, dial endpoint.Dial) {
	place := cfg.outbox(p.log)
	if place.Destination != nil {
		p.intake.inbox, p.outlet = &arrived{place.Destination, &p.counters, p.drops}, nowhere{}
		return
	}
	sayItIsOn(p.log, cfg.BaseURL, place.Store.Name())
	engine := delivery.Config{
		Endpoint: endpoint.Config{
			Address: cfg.BaseURL + eventsPath, Key: string(cfg.IntegrationKey), Timeout: cfg.Timeout,
			InFlight: cfg.MaxInFlight, Transport: cfg.Transport, Dial: dial, Clock: clock, Redactor: redactor,
		},
		Store:       place.Store,
		Fingerprint: delivery.Fingerprint(cfg.BaseURL, string(cfg.IntegrationKey)),
		MaxInFlight: cfg.MaxInFlight,
		MaxAge:      cfg.MaxAge,
		Lease:       2 * (claimTimeout + cfg.Timeout), // twice what a record may take
		Log:         p.log,
		Observer:    ledger{p},
	}
	if shared := cfg.throttle(p.log); shared != nil && cfg.ActivityWindow > 0 {
		claims := &claims{throttle: shared, window: cfg.ActivityWindow, counters: &p.counters, log: p.log}
		engine.Precheck = claims.allow
	}
	running := delivery.New(engine)
	p.store, p.outlet = place.Store, running
	p.intake.inbox = &queued{place.Store, running, p.drops}
}

// nowhere is the outlet of a client that delivers nothing: a disabled one, or
// one whose events have arrived when they are put.
type nowhere struct{ store store.Store } // nil: none

func (nowhere) Check(context.Context) *endpoint.Problem          { return nil }
func (nowhere) Flush(context.Context) (*endpoint.Problem, error) { return nil, nil }
func (nowhere) Flow() store.Flow                                 { return store.Flow{} }

func (n nowhere) Stop(context.Context) (lost []store.Record, err error) {
	if n.store == nil {
		return nil, nil
	}
	return n.store.Close()
}

// Enabled reports whether the client sends events. It is false for a nil and for
// a disabled client: ask it before making a payload that costs much.
func (c *Client) Enabled() bool { return c != nil && c.parts != nil && c.parts.intake != nil }

// Send accepts ev for delivery. It never waits for the network, never panics
// and never fails: what cannot be sent is counted in [Stats] and given to
// Config.OnDrop. Activity is throttled per user, see Config.ActivityWindow:
// give details a name of their own.
func (c *Client) Send(ev Event) {
	if c.Enabled() {
		c.parts.intake.send(&ev, nil)
	}
}

// For returns a tracker for a user and chat, for events that stem from no
// update: a scheduled message, a payment. 0 means none. A client that is nil or
// disabled returns nil, which is safe to use.
func (c *Client) For(userID, chatID int64) *Tracker {
	if !c.Enabled() {
		return nil
	}
	return &Tracker{intake: c.parts.intake, userID: userID, chatID: chatID, origin: c.parts.intake.unbound}
}

// Observe emits the automatic events of an update and returns the tracker for
// its handler. It is what adapters call, once or several times per update: the
// events of one update are counted once, by the door that shows it first. Later calls
// return a tracker, also for what another door did not decode. It is as quick
// and as safe as Send.
func (c *Client) Observe(u Update) *Tracker {
	if !c.Enabled() {
		return nil
	}
	look := c.parts.seen.look(&u, everything)
	if u.lacksName() {
		u.BotUsername = c.parts.names.nameOf(u.BotID)
	}
	t := newTracker(c.parts.intake, &u, look.bot)
	if look.due&portionRest != 0 {
		c.parts.names.hold(&u, t, look)
	}
	if look.due != 0 {
		c.parts.emit(&u, t, look)
	}
	return t
}

// emit emits the automatic events of an update that are due. Those that find no
// room stay due.
func (p *parts) emit(u *Update, t *Tracker, look look) {
	now, subjects := time.Now(), subjectsOf(u)
	occurred := u.occurred(&subjects, p.intake.clock.Date(now))
	payload := func(name string) Payload { return automaticPayload(name, u, &p.capture) }
	var names [maxAutomatic]string
	var missed portion
	for _, name := range automaticEvents(names[:0], u, &subjects, &p.capture) {
		if look.due&portionOf(name) == 0 {
			continue
		}
		ev := Event{Name: name, UserID: subjects.of(name), ChatID: u.ChatID, OccurredAt: occurred}
		switch p.intake.offer(now, &ev, t.origin, payload) {
		case DropQueueFull, DropOutbox:
			missed |= portionOf(name)
		}
	}
	if missed != 0 {
		p.seen.forget(look, missed)
	}
}

// Bind returns the tracker of an update without its automatic events, for a
// handler that has only a part of the update, or none that an adapter saw. What
// another door knew of the update is filled in.
//
// With BotID and ID of the update, an event counts once however often the update
// is delivered. Without an ID, CallbackID, or ChatID and MessageID, stand in: the
// same event of one message or button counts once, however often it is sent.
func (c *Client) Bind(u Update) *Tracker {
	if !c.Enabled() {
		return nil
	}
	look := c.parts.seen.look(&u, 0)
	return newTracker(c.parts.intake, &u, look.bot)
}

// Stats returns the client's ledger so far.
func (c *Client) Stats() Stats {
	if !c.Enabled() {
		return Stats{}
	}
	return c.parts.counters.snapshot(c.parts.outlet.Flow)
}

// Check asks the API whether it is reachable and accepts the key. It posts an
// empty object, which the API refuses once it has accepted the key, so no event
// is created. The error is a *[DeliveryError]; a disabled or nil client returns
// [ErrDisabled]. It waits at most for Config.Timeout or ctx.
func (c *Client) Check(ctx context.Context) error {
	if !c.Enabled() {
		return ErrDisabled
	}
	return deliveryError(c.parts.outlet.Check(ctx), nil)
}
