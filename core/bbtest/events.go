package bbtest

import (
	"fmt"
	"slices"
	"strings"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/wire"
)

func decode(data []byte) (bb.Event, error) {
	d, err := wire.Decode(data)
	return bb.Event{
		Name: d.Name, UserID: d.UserID, ChatID: d.ChatID, Payload: d.Payload,
		OccurredAt: d.OccurredAt, IdempotencyKey: d.Key,
	}, err
}

// named returns a copy of the events with one of names, or of all.
func named(events []bb.Event, names []string) []bb.Event {
	var chosen []bb.Event
	for _, ev := range events {
		if len(names) == 0 || slices.Contains(names, ev.Name) {
			chosen = append(chosen, ev)
		}
	}
	return chosen
}

// report is the second half of a failure message: what came, and what did not
// and why.
func report(events []bb.Event, suppressed []Suppressed) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  sent (%d):\n", len(events))
	for _, ev := range events {
		fmt.Fprintf(&b, "    %s\n", line(ev))
	}
	fmt.Fprintf(&b, "  suppressed (%d):\n", len(suppressed))
	for _, s := range suppressed {
		fmt.Fprintf(&b, "    %s: %s", line(s.Event), s.Reason)
		if s.Cause != nil {
			fmt.Fprintf(&b, ": %v", s.Cause)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func line(ev bb.Event) string {
	payload, err := wire.AppendPayload(nil, ev.Payload)
	if err != nil {
		payload = fmt.Appendf(nil, "(%v)", err)
	}
	return fmt.Sprintf("%s user=%d chat=%d %s", ev.Name, ev.UserID, ev.ChatID, payload)
}
