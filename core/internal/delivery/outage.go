package delivery

import (
	"log/slog"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
)

const (
	outageSummary = time.Minute // how often an outage that goes on is logged
	stuckAttempts = 5           // after which an event that fails alone is
	stuckSummary  = time.Hour   // and how often
)

// outage logs trouble with the destination in few lines: one when it begins,
// one a minute, one when it is over. Trouble that comes back within a minute
// of the last line and passes again gets no new one.
type outage struct {
	log     *callbacks.Log
	place   string     // where events wait
	waiting func() int // how many do; asked only for a line

	mu       sync.Mutex
	since    time.Time // zero: none
	logged   bool      // there is a line about it
	line     time.Time // when the last line was written
	remedy   string    // that the last line gave
	failures int
	last     *endpoint.Problem // nil while all is well
	arrived  bool              // the first event was delivered

	storeTrouble storePart // parts of the outbox whose last call failed
	storeSince   time.Time // when the first of them did
	storeLine    time.Time // when the last line about it was written
	storeLogged  bool      // and it says that the outbox failed

	stuckLine time.Time // of the last line about an event that fails alone
}

func (o *outage) failed(p *endpoint.Problem, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures++
	o.last = p
	if o.since.IsZero() {
		o.since = now
	}
	if now.Sub(o.line) < outageSummary && o.remedy == p.Remedy {
		return
	}
	message := "bb: events cannot be delivered; they are kept and retried"
	if o.logged {
		message = "bb: events still cannot be delivered; they are kept and retried"
	}
	o.logged, o.line, o.remedy = true, now, p.Remedy
	attrs := []slog.Attr{slog.String("cause", p.Cause)}
	if p.Remedy != "" {
		attrs = append(attrs, slog.String("remedy", p.Remedy))
	}
	attrs = append(attrs, slog.Int("waiting", o.waiting()), slog.String("kept_in", o.place))
	if lasted := now.Sub(o.since).Round(time.Second); lasted > 0 {
		attrs = append(attrs, slog.Duration("for", lasted))
	}
	o.log.Write(slog.LevelWarn, message, attrs...)
}

// stuck logs an event that keeps failing while others are delivered.
func (o *outage) stuck(p *endpoint.Problem, attempts int, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = p
	if attempts < stuckAttempts || now.Sub(o.stuckLine) < stuckSummary {
		return
	}
	o.stuckLine = now
	o.log.Write(slog.LevelWarn, "bb: an event fails again and again while others are delivered; it is kept and retried",
		slog.String("cause", p.Cause), slog.Int("attempts", attempts))
}

// over takes note of a good answer.
func (o *outage) over(delivered bool, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.logged {
		o.line = now
		o.log.Write(slog.LevelInfo, "bb: events are delivered again",
			slog.Duration("after", now.Sub(o.since).Round(time.Second)), slog.Int("failures", o.failures), slog.Int("waiting", o.waiting()))
	}
	o.since, o.logged, o.failures, o.last = time.Time{}, false, 0, nil
	if delivered && !o.arrived {
		o.arrived = true
		o.log.Write(slog.LevelInfo, "bb: first event delivered")
	}
}

// lastFailure is why events cannot be delivered at the moment; nil: they can.
func (o *outage) lastFailure() *endpoint.Problem {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}

// storePart is half of the outbox; the other may work while one fails.
type storePart int

const (
	storeSource storePart = 1 << iota // Take and Settle
	storeInbox                        // Sync
)

// storeFailed logs that a part of the outbox is in trouble, at most once a minute.
func (o *outage) storeFailed(part storePart, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if o.storeTrouble == 0 {
		o.storeSince = now
	}
	o.storeTrouble |= part
	if now.Sub(o.storeLine) >= outageSummary {
		o.storeLine, o.storeLogged = now, true
		o.log.Write(slog.LevelError, "bb: the outbox failed", slog.String("cause", err.Error()))
	}
}

// storeWorks takes note that a part of the outbox did what it was asked for.
func (o *outage) storeWorks(part storePart) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.storeTrouble &^= part; o.storeTrouble == 0 && o.storeLogged {
		o.storeLogged = false
		o.log.Write(slog.LevelInfo, "bb: the outbox works again", slog.Duration("after", time.Since(o.storeSince).Round(time.Second)))
	}
}
