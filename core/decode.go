package bb

import (
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/wire"
)

// decodeEvent reads back a request body, for OnDrop.
func decodeEvent(body []byte) Event {
	d, _ := wire.Decode(body) // what cannot be read stays zero
	return Event{
		Name: d.Name, UserID: d.UserID, ChatID: d.ChatID,
		Payload: d.Payload, OccurredAt: d.OccurredAt, IdempotencyKey: d.Key,
	}
}

// suppressed tells a sink, such as bbtest.Recorder, of an event that it does
// not get.
func (s *state) suppressed(ev Event, reason DropReason) {
	if s.sink == nil {
		return
	}
	s.sink.Suppressed(outbox.Suppressed{
		Name: ev.Name, UserID: ev.UserID, ChatID: ev.ChatID, Payload: ev.Payload,
		OccurredAt: ev.OccurredAt, IdempotencyKey: ev.IdempotencyKey, Reason: string(reason),
	})
}
