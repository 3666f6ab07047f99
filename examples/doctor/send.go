package main

import (
	"context"
	"fmt"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// testEvent tells the event of -send from those of people.
const testEvent = "doctor_test"

// send delivers one event as a bot would, and shows the client's ledger. It is
// the last step: it shuts the client down, so that the log is complete.
func (c *checkup) send(ctx context.Context) finding {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	c.notes.take()
	c.client.Send(bb.Event{Name: testEvent, Payload: bb.Payload{"source": "doctor"}})
	err := c.client.Flush(ctx)
	stats := c.client.Stats()
	_ = c.client.Shutdown(ctx) // what it would say is in err, or in the log
	ledger := fmt.Sprintf("Ledger: received %d, delivered %d, dropped %d, pending %d.",
		stats.Received, stats.Delivered, stats.Dropped, stats.Pending)
	if stats.Delivered == 1 {
		return ok("%s was delivered and will show in the dashboard. %s", testEvent, ledger)
	}
	why := c.notes.take()
	if why == "" && err != nil {
		why = explain(ctx, err)
	}
	return finding{problem, fmt.Sprintf("%s was not delivered: %s. %s", testEvent, why, ledger),
		"The check above went well, so the API refuses events or is failing just now. Run this again; if it stays so, ask the people of BB."}
}
