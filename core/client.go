package bb

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/delivery"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/recent"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/serial"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// recentKeys is how many idempotency keys are remembered at least: well beyond
// the hundred updates that Telegram may deliver again after a crash.
const recentKeys = 4096

// Client accepts events and delivers them in the background. Make it once with
// [New]; it lives as long as the bot. All methods may be called concurrently.
// A nil Client accepts every call and does nothing.
type Client struct{ state *state }

// state is behind one pointer so that printing a Client shows nothing of it.
type state struct {
	enabled    bool
	capture    Capture
	beforeSend func(Event) (Event, bool)
	box        Outbox
	sink       outbox.Sink        // box, if that is the destination itself
	throttle   *throttle.Throttle // nil: off
	replicas   *replicas
	recent     *recent.Set
	engine     *delivery.Engine // nil with a sink
	endpoint   *delivery.Endpoint
	lines      *serial.Queue // of the log
	drops      *dropReports
	logger     *slog.Logger
	counters   counters
	putting    sync.RWMutex // held while an event passes into the outbox
	closed     atomic.Bool  // no event is accepted any more; set under putting
	shutdown   shutdown
}

// New returns a client for cfg. It does not touch the network; see
// [Client.Check] for that. An error is a *[ConfigError], or several joined; the
// client is then nil, which is safe to use, and cfg.Outbox stays the caller's.
//
// A disabled client does nothing, and New checks nothing but whether a key was
// given in vain.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	logger := safeLogger(cfg.Logger)
	if !cfg.Enabled {
		if cfg.IntegrationKey != "" {
			logger.Warn("bb: an integration key is set but analytics is disabled; no event will be sent",
				"remedy", "set "+EnvEnabled+" to true, 1 or yes, or Config.Enabled to true")
		}
		s := &state{shutdown: newShutdown()}
		if !isNil(cfg.Outbox) {
			s.box = outbox.Contain(cfg.Outbox)
		}
		return &Client{s}, nil
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	warnPlainHTTP(logger, cfg.BaseURL)
	if isNil(cfg.Outbox) {
		if cfg.Outbox != nil {
			logger.Warn("bb: Config.Outbox is a nil pointer; events are kept in memory instead",
				"remedy", "look at the error that came with the outbox")
		}
		cfg.Outbox = MemoryOutbox(DefaultOutboxEvents)
	}
	return &Client{newState(cfg, logger)}, nil
}

func newState(cfg Config, logger *slog.Logger) *state {
	s := &state{
		enabled:    true,
		capture:    cfg.Capture,
		beforeSend: cfg.BeforeSend,
		box:        outbox.Contain(cfg.Outbox),
		recent:     recent.New(recentKeys),
		lines:      &serial.Queue{},
		logger:     logger,
		shutdown:   newShutdown(),
	}
	s.drops = &dropReports{lines: s.lines, logger: logger, onDrop: cfg.OnDrop, tallies: make(map[DropReason]*tally)}
	s.endpoint = delivery.NewEndpoint(cfg.BaseURL+eventsPath, string(cfg.IntegrationKey), cfg.Timeout, cfg.MaxInFlight, cfg.Transport)
	if cfg.ActivityWindow > 0 {
		s.throttle = throttle.New(cfg.ActivityWindow)
	}
	if sink, ok := cfg.Outbox.(outbox.Sink); ok {
		s.sink = sink
		return s
	}
	s.replicas = newReplicas(cfg, logger)
	recovered, _ := s.box.Len()
	s.counters.recovered.Add(uint64(recovered))
	s.identify(s.replicas.mark, recovered, logger)
	engine := delivery.Config{
		Endpoint:    s.endpoint,
		Outbox:      s.box,
		MaxInFlight: cfg.MaxInFlight,
		MaxAge:      cfg.MaxAge,
		Lease:       2 * (claimTimeout + cfg.Timeout), // twice what a record may take
		Logger:      logger,
		Logs:        s.lines,
		Observer:    ledger{s},
	}
	if s.replicas.throttle != nil && cfg.ActivityWindow > 0 {
		engine.Admit = s.admit
	}
	s.engine = delivery.New(engine)
	if recovered > 0 || s.box.Shared() {
		s.engine.Wake()
	}
	return s
}

// live returns the state of an enabled client, or nil.
func (c *Client) live() *state {
	if c == nil || c.state == nil || !c.state.enabled {
		return nil
	}
	return c.state
}

// Send accepts ev for delivery. It never waits for the network, never panics
// and never fails: what cannot be sent is counted in [Stats] and given to
// Config.OnDrop. Activity is throttled per user, see Config.ActivityWindow:
// give details a name of their own.
func (c *Client) Send(ev Event) {
	if s := c.live(); s != nil {
		s.send(ev, nil)
	}
}

// For returns a tracker for a user and chat, for events that stem from no
// update: a scheduled message, a payment. 0 means none. A client that is nil or
// disabled returns nil, which is safe to use.
func (c *Client) For(userID, chatID int64) *Tracker {
	s := c.live()
	if s == nil {
		return nil
	}
	return &Tracker{state: s, userID: userID, chatID: chatID}
}

// Observe emits the automatic events of an update and returns the tracker for
// its handler. It is what adapters call, once or several times per update: the
// events of one update are counted once. It is as quick and as safe as Send.
func (c *Client) Observe(u Update) *Tracker {
	s := c.live()
	if s == nil {
		return nil
	}
	bound := &struct {
		tracker Tracker
		origin  origin
	}{
		tracker: Tracker{state: s, userID: u.person(), chatID: u.ChatID},
		origin:  origin{botID: u.BotID, updateID: u.ID, kind: u.Kind},
	}
	bound.tracker.origin = &bound.origin
	s.emit(&observation{Update: u, person: bound.tracker.userID, origin: &bound.origin})
	return &bound.tracker
}

// Stats returns the client's ledger so far.
func (c *Client) Stats() Stats {
	s := c.live()
	if s == nil {
		return Stats{}
	}
	stats := s.counters.snapshot()
	if s.engine != nil {
		stats.Pending = s.engine.Pending()
	}
	return stats
}

// Check asks the API whether it is reachable and accepts the key. It posts an
// empty object, which the API refuses once it has accepted the key, so no event
// is created. The error says what to set; a disabled or nil client returns
// [ErrDisabled]. It waits at most for Config.Timeout or ctx.
func (c *Client) Check(ctx context.Context) error {
	s := c.live()
	if s == nil {
		return ErrDisabled
	}
	if s.sink != nil {
		return nil
	}
	return s.endpoint.Check(ctx)
}
