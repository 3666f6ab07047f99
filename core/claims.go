package bb

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
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

// claims asks the throttle that the replicas of a bot share.
type claims struct {
	throttle throttle.Shared
	window   time.Duration
	counters *counters
	log      *callbacks.Log

	mu      sync.Mutex // guards what follows
	paused  time.Time  // the throttle is not asked before
	logged  time.Time  // when its failure was
	failing bool       // as the last line of the log has it
}

// allow reports whether an activity may go, as far as the other replicas are
// concerned. It may if the throttle does not answer.
func (c *claims) allow(ctx context.Context, record store.Record) bool {
	if record.Slot == 0 { // explicit activity without a user
		return true
	}
	ev, err := wire.Decode(record.Body)
	if err != nil {
		return true
	}
	if c.isPaused() {
		c.counters.throttleErrors.Add(1)
		return true
	}
	won, err := c.claim(ctx, throttle.Activity{Slot: throttle.Slot(record.Slot), Key: ev.Key, Age: record.Age, Date: record.Date})
	switch {
	case err == nil:
		c.works()
		return won
	case ctx.Err() == nil: // not stopped, which would say nothing about the throttle
		c.counters.throttleErrors.Add(1)
		c.pause(err)
	}
	return true
}

func (c *claims) claim(ctx context.Context, a throttle.Activity) (won bool, err error) {
	defer func() {
		if recover() != nil {
			err = errThrottlePanic
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	return c.throttle.Claim(ctx, a, c.window)
}

func (c *claims) isPaused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.paused)
}

func (c *claims) pause(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.paused = now.Add(claimPause)
	if now.Sub(c.logged) >= claimSummary {
		c.logged, c.failing = now, true
		c.log.Write(slog.LevelWarn, "bb: the shared throttle failed; activity is throttled in this process only until it works again",
			slog.String("cause", cause.Error()))
	}
}

func (c *claims) works() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failing {
		c.failing = false
		c.log.Write(slog.LevelInfo, "bb: the shared throttle works again")
	}
}
