package wire

import (
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// Decoded is a request body read back. Numbers of the payload are float64.
type Decoded struct {
	Name           string
	OccurredAt     time.Time
	UserID, ChatID int64 // 0: null
	Payload        map[string]any
	Key            string
}

// Decode reads back a body that Append made.
func Decode(body []byte) (Decoded, error) {
	var fields struct {
		Name       string         `json:"event_name"`
		OccurredAt time.Time      `json:"occurred_at"`
		UserID     *int64         `json:"tg_user_id"`
		ChatID     *int64         `json:"chat_id"`
		Payload    map[string]any `json:"payload"`
		Key        string         `json:"idempotency_key"`
	}
	err := json.Unmarshal(body, &fields)
	return Decoded{
		Name: fields.Name, OccurredAt: fields.OccurredAt,
		UserID: idOf(fields.UserID), ChatID: idOf(fields.ChatID),
		Payload: fields.Payload, Key: fields.Key,
	}, err
}

func idOf(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}

// Attrs describes the event in a line for people: each key of its payload is an
// attribute, not a part of JSON that the log would quote once more.
func (d Decoded) Attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("event", d.Name), slog.Int64("user", d.UserID), slog.Int64("chat", d.ChatID)}
	if len(d.Payload) > 0 {
		var fields []slog.Attr
		for _, name := range slices.Sorted(maps.Keys(d.Payload)) {
			fields = append(fields, slog.Any(name, d.Payload[name]))
		}
		attrs = append(attrs, slog.Attr{Key: "payload", Value: slog.GroupValue(fields...)})
	}
	if d.Key != "" {
		attrs = append(attrs, slog.String("key", d.Key))
	}
	return attrs
}
