package bb

import (
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/clock"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/delivery"
)

// NewIn is New on a clock and a network of the test's own.
func NewIn(cfg Config, clock *clock.Clock, dial delivery.Dial) (*Client, error) {
	return newClient(cfg, clock, dial)
}
