package bb

import (
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/clock"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
)

// NewIn is New on a clock and a network of the test's own.
func NewIn(cfg Config, clock *clock.Clock, dial endpoint.Dial) (*Client, error) {
	return newClient(cfg, clock, dial)
}
