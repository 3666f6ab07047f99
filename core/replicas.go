package bb

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/wire"
)

const (
	claimTimeout = time.Second
	// claimPause is how long a throttle that failed is not asked, so that events
	// do not wait for its timeout one after the other.
	claimPause   = 5 * time.Second
	claimSummary = time.Minute // how often its failure is logged
)

var errThrottlePanic = errors.New("the throttle panicked")

// replicas is what a client has to do with the other processes of its bot.
type replicas struct {
	throttle Throttle // nil: none
	window   time.Duration
	mark     string // of the destination of this process

	warned atomic.Bool // of events for another destination

	mu    sync.Mutex // guards what follows
	until time.Time  // the throttle is not asked before
	line  time.Time  // of the last line about it
}

func newReplicas(cfg Config, logger *slog.Logger) *replicas {
	r := &replicas{
		throttle: cfg.Throttle,
		window:   cfg.ActivityWindow,
		mark:     destinationMark(cfg.BaseURL, string(cfg.IntegrationKey)),
	}
	if isNil(cfg.Throttle) {
		r.throttle = nil
		if cfg.Throttle != nil {
			logger.Warn("bb: Config.Throttle is a nil pointer; activity is throttled in this process only")
		}
	}
	return r
}

// admit reports whether an activity may go, as far as the other replicas are
// concerned. What the throttle does not answer may.
func (s *state) admit(ctx context.Context, record outbox.Record) bool {
	r := s.replicas
	if !record.Low {
		return true
	}
	ev, err := wire.Decode(record.Body)
	slot, windowed := slotOf(ev)
	if err != nil || !windowed {
		return true
	}
	if r.paused() {
		s.counters.unthrottled.Add(1)
		return true
	}
	won, err := r.claim(ctx, slot, ev)
	switch {
	case err == nil:
		return won
	case ctx.Err() != nil: // stopped, which says nothing about the throttle
		return true
	}
	s.counters.unthrottled.Add(1)
	if r.failed() {
		s.lines.Do(func() {
			s.logger.Warn("bb: the shared throttle failed; activity is throttled in this process only until it works again", "cause", err.Error())
		})
	}
	return true
}

// slotOf is the slot that an activity took in the process that accepted it.
// Automatic ones without a user have their chat's; others have none.
func slotOf(ev wire.Decoded) (throttle.Slot, bool) {
	if ev.UserID != 0 {
		return throttle.User(ev.UserID), true
	}
	_, automatic := ev.Payload["update_type"]
	return throttle.Chat(ev.ChatID), automatic
}

func (r *replicas) claim(ctx context.Context, slot throttle.Slot, ev wire.Decoded) (won bool, err error) {
	defer func() {
		if recover() != nil {
			err = errThrottlePanic
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	return r.throttle.Claim(ctx, slot, ev.OccurredAt, r.window, ev.Key)
}

func (r *replicas) paused() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.until)
}

// failed begins a pause, and reports whether to log.
func (r *replicas) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.until = now.Add(claimPause)
	if !r.line.IsZero() && now.Sub(r.line) < claimSummary {
		return false
	}
	r.line = now
	return true
}

// warnOfStrangers tells once of an event that another bot put into the shared
// outbox. It is sent all the same: after a change of keys that is right.
func (s *state) warnOfStrangers(record outbox.Record) {
	mine := s.replicas.mark
	if record.Mark == "" || record.Mark == mine || s.replicas.warned.Swap(true) {
		return
	}
	s.lines.Do(func() {
		s.logger.Warn("bb: events in the shared outbox were accepted for another address or key; they are sent to this one",
			"differs", differenceOf(record.Mark, mine), "accepted_for", hostOf(record.Mark), "sent_to", hostOf(mine), "kept_in", s.box.Place(),
			"remedy", "give each bot a prefix of its own, unless its key was just changed")
	})
}
