package bbredis

import (
	"context"
	_ "embed" // for the script
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

//go:embed claim.lua
var claimSource string

var claimScript = redis.NewScript(claimSource)

// kept is for how long after a claim another of its window may be asked for, as
// after an outage of the API, and still be held against it.
const kept = time.Hour

// Throttle lets one activity of a user through per window, over all processes
// with one prefix. Make one with [NewThrottle] and give it to
// bb.Config.Throttle.
type Throttle struct{ throttleHandle }

type throttleHandle = throttle.Handle

// NewThrottle returns the throttle that all processes with this prefix share;
// "" means "bb". It does not touch the network, and never closes rdb.
func NewThrottle(rdb redis.UniversalClient, prefix string) *Throttle {
	return &Throttle{throttle.NewHandle(claimer{orNil(rdb), newKeys(prefix)})}
}

// claimer is what a Throttle asks.
type claimer struct {
	rdb  redis.UniversalClient
	keys keys
}

// Claim implements throttle.Shared in one round trip.
//
// It goes by when activities happened, not by when it is asked, and remembers
// more than one window: after an outage of the API replicas ask late and in any
// order. A plain SET NX PX would let two of one window through, if the second is
// asked about after the window.
func (c claimer) Claim(ctx context.Context, a throttle.Activity, window time.Duration) (bool, error) {
	if c.rdb == nil {
		return false, errNoClient
	}
	n, err := claimScript.Run(ctx, c.rdb, []string{c.keys.throttled(a.Slot)},
		a.Key, a.Age.Milliseconds(), a.Date, max(window.Milliseconds(), 1), (kept + 2*window).Milliseconds()).Int()
	if err != nil {
		return false, fmt.Errorf("bbredis: throttle: %w", explain(ctx, c.rdb, err))
	}
	return n == 1, nil
}
