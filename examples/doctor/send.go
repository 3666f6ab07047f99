package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// testEvent tells the event of -send from those of people.
const testEvent = "doctor_test"

// send delivers one event twice under one key, by two clients: one alone would
// know the key. Whether the API counts it once, only the dashboard shows.
func (c *checkup) send(ctx context.Context) finding {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	key := uuid.New().String()
	mark := key[:8]
	for _, client := range []*bb.Client{c.client, c.again} {
		if f := c.sendOne(ctx, client, key, mark); f.status != fine {
			return f
		}
	}
	return ok("%s with mark=%s was delivered twice, under one key. In the dashboard of this bot, among its events, it has to count once: wait a minute, and look for the mark.", testEvent, mark)
}

// sendOne shuts the client down, so that its log is complete.
func (c *checkup) sendOne(ctx context.Context, client *bb.Client, key, mark string) finding {
	c.notes.take()
	client.Send(bb.Event{Name: testEvent, IdempotencyKey: key, Payload: bb.Payload{"source": "doctor", "mark": mark}})
	err := client.Flush(ctx)
	stats := client.Stats()
	_ = client.Shutdown(ctx) // what it would say is in err, or in the log
	if stats.Delivered == 1 {
		return finding{status: fine}
	}
	why := c.notes.take()
	if why == "" && err != nil {
		why = explain(ctx, err)
	}
	return finding{problem, fmt.Sprintf("%s was not delivered: %s. Ledger: received %d, delivered %d, dropped %d, pending %d.",
		testEvent, why, stats.Received, stats.Delivered, stats.Dropped, stats.Pending),
		"The check above went well, so the API refuses events or is failing just now. Run this again; if it stays so, ask the people of BB."}
}
