package wire

import (
	"log/slog"
	"maps"
	"slices"
)

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
