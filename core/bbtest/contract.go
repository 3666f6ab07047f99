package bbtest

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

const path = "/api/bot/events"

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// fault is how a request broke the contract, and the answer to it.
type fault struct {
	status int
	text   string // "": the request is good
	loc    []string
}

// answer is the body of the answer; status, unless 0, overrules the contract.
func (f fault) answer(status int) string {
	var detail any = f.text
	switch {
	case status != 0:
		detail = http.StatusText(status)
	case f.text == "":
		return `{"status":"ok"}`
	case f.status == http.StatusUnprocessableEntity:
		detail = []any{map[string]any{"loc": append([]string{"body"}, f.loc...), "msg": f.text, "type": "value_error"}}
	}
	data, _ := json.Marshal(map[string]any{"detail": detail}) // strings always marshal
	return string(data)
}

func invalid(text string, loc ...string) fault {
	return fault{status: http.StatusUnprocessableEntity, text: text, loc: loc}
}

// check holds a request against the contract, in the order in which the API
// would.
func check(r *http.Request, body []byte, key string) (bb.Event, fault) {
	ev, _ := decode(body)
	switch {
	case r.URL.Path != path:
		return ev, fault{status: http.StatusNotFound, text: "the path must be " + path}
	case r.Method != http.MethodPost:
		return ev, fault{status: http.StatusMethodNotAllowed, text: "the method must be POST"}
	case !accepts(key, r.Header.Get("Authorization")):
		return ev, fault{status: http.StatusUnauthorized, text: "the integration key is missing or wrong"}
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		return ev, fault{status: http.StatusUnsupportedMediaType, text: "Content-Type must be application/json"}
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return ev, invalid("the body is not a JSON object")
	}
	if f := checkFields(fields); f.text != "" {
		return ev, f
	}
	return ev, fault{status: http.StatusOK}
}

// accepts reports whether an Authorization header holds the key; "": any key.
func accepts(key, header string) bool {
	got, found := strings.CutPrefix(header, "Bearer ")
	if key == "" {
		return found && got != ""
	}
	return found && subtle.ConstantTimeCompare([]byte(got), []byte(key)) == 1
}

// checkContent holds what a bot's author decides, name and payload, against
// the contract.
func checkContent(body []byte) fault {
	var fields struct {
		Name    json.RawMessage `json:"event_name"`
		Payload json.RawMessage `json:"payload"`
	}
	_ = json.Unmarshal(body, &fields) // the client wrote it
	if !isSnakeCase(fields.Name) {
		return invalid("event_name must be a snake_case string", "event_name")
	}
	return checkPayload(fields.Payload)
}

func checkFields(fields map[string]json.RawMessage) fault {
	checks := []struct {
		name string
		want string
		ok   func(json.RawMessage) bool
	}{
		{"event_name", "a snake_case string", isSnakeCase},
		{"occurred_at", "a UTC time in ISO 8601 with Z", isUTC},
		{"tg_user_id", "an integer or null", isID},
		{"chat_id", "an integer or null", isID},
		{"payload", "an object", isObject},
		{"idempotency_key", "a UUID", isUUID},
	}
	for _, c := range checks {
		value, present := fields[c.name]
		if !present {
			return invalid(c.name+" is required", c.name)
		}
		if !c.ok(value) {
			return invalid(fmt.Sprintf("%s must be %s", c.name, c.want), c.name)
		}
	}
	if len(fields) > len(checks) {
		return invalid("there are keys that the contract does not know")
	}
	return checkPayload(fields["payload"])
}

func checkPayload(data json.RawMessage) fault {
	var payload map[string]any
	_ = json.Unmarshal(data, &payload) // isObject read it
	for key, value := range payload {
		if !snakeCase.MatchString(key) {
			return invalid(fmt.Sprintf("payload key %q is not snake_case", key), "payload", key)
		}
		switch value.(type) {
		case map[string]any, []any:
			return invalid(fmt.Sprintf("payload key %q is not flat", key), "payload", key)
		}
	}
	return fault{}
}

func isSnakeCase(data json.RawMessage) bool {
	var s string
	return json.Unmarshal(data, &s) == nil && snakeCase.MatchString(s)
}

func isUTC(data json.RawMessage) bool {
	var s string
	if json.Unmarshal(data, &s) != nil || !strings.HasSuffix(s, "Z") {
		return false
	}
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil
}

func isID(data json.RawMessage) bool {
	var id *int64
	return json.Unmarshal(data, &id) == nil
}

func isObject(data json.RawMessage) bool {
	var object map[string]any
	return json.Unmarshal(data, &object) == nil && object != nil
}

func isUUID(data json.RawMessage) bool {
	var s string
	if json.Unmarshal(data, &s) != nil {
		return false
	}
	_, err := uuid.Parse(s)
	return err == nil
}
