package bbapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Event is one event as the contract has it.
type Event struct {
	Name           string         `json:"event_name"`
	OccurredAt     time.Time      `json:"occurred_at"`
	UserID         *int64         `json:"tg_user_id"`
	ChatID         *int64         `json:"chat_id"`
	Payload        map[string]any `json:"payload"`
	IdempotencyKey string         `json:"idempotency_key"`
}

// fault is an answer that takes no event.
type fault struct {
	status int
	key    string // of the body, where one is to blame
	text   string
}

func (f *fault) Error() string {
	if f.key == "" {
		return f.text
	}
	return f.key + ": " + f.text
}

// detail is what the answer's body says, in the shape of the real API.
func (f *fault) detail() any {
	if f.status != http.StatusUnprocessableEntity {
		return f.text
	}
	loc := []string{"body"}
	if f.key != "" {
		loc = append(loc, f.key)
	}
	return []map[string]any{{"loc": loc, "msg": f.text, "type": "value_error"}}
}

func invalid(key, format string, args ...any) *fault {
	return &fault{http.StatusUnprocessableEntity, key, fmt.Sprintf(format, args...)}
}

var (
	snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	uuid      = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// parse reads an event and holds it against the contract.
func parse(body []byte) (Event, *fault) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return Event{}, invalid("", "the body must be a JSON object")
	}
	var ev Event
	read := []struct {
		key  string
		into any
		want string
	}{
		{"event_name", &ev.Name, "a string"},
		{"occurred_at", &ev.OccurredAt, "a time in ISO 8601"},
		{"tg_user_id", &ev.UserID, "an integer or null"},
		{"chat_id", &ev.ChatID, "an integer or null"},
		{"payload", &ev.Payload, "an object"},
		{"idempotency_key", &ev.IdempotencyKey, "a string"},
	}
	for _, field := range read {
		value, present := fields[field.key]
		if !present {
			return ev, invalid(field.key, "field required")
		}
		if json.Unmarshal(value, field.into) != nil {
			return ev, invalid(field.key, "must be %s", field.want)
		}
	}
	if len(fields) > len(read) {
		return ev, invalid("", "there are other keys than the six of the contract")
	}
	return ev, ev.check(string(fields["occurred_at"]))
}

// check is what types alone do not say.
func (ev Event) check(occurredAt string) *fault {
	switch {
	case !snakeCase.MatchString(ev.Name):
		return invalid("event_name", "must be snake_case, not %q", ev.Name)
	case !strings.HasSuffix(occurredAt, `Z"`):
		return invalid("occurred_at", "must be UTC and end with Z")
	case ev.Payload == nil:
		return invalid("payload", "must be an object, not null")
	case !uuid.MatchString(ev.IdempotencyKey):
		return invalid("idempotency_key", "must be a UUID, not %q", ev.IdempotencyKey)
	}
	for key, value := range ev.Payload {
		if !snakeCase.MatchString(key) {
			return invalid("payload", "key %q must be snake_case", key)
		}
		switch value.(type) {
		case map[string]any, []any:
			return invalid("payload", "key %q must not hold an object or an array", key)
		}
	}
	return nil
}
