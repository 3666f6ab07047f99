package bbtest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

const goodBody = `{"event_name":"choice_made","occurred_at":"2026-11-22T19:35:00.123456Z","tg_user_id":7,"chat_id":null,` +
	`"payload":{"team_code":"bra"},"idempotency_key":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff"}`

// post returns a request as the API saw it, and the answer.
func post(t *testing.T, api *bbtest.API, body string, change func(*http.Request)) (bbtest.Request, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/api/bot/events", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer key")
	r.Header.Set("Content-Type", "application/json")
	change(r)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	requests := api.Requests()
	last := requests[len(requests)-1]
	if w.Code != last.Status {
		t.Errorf("the answer is %d, and said to be %d", w.Code, last.Status)
	}
	return last, w.Body.String()
}

func unchanged(*http.Request) {}

func TestAPITakesWhatTheContractAllows(t *testing.T) {
	got, answer := post(t, bbtest.NewAPI("key"), goodBody, unchanged)
	if got.Status != 200 || got.Fault != "" || !got.Taken || got.Event.UserID != 7 || got.Event.Payload["team_code"] != "bra" {
		t.Errorf("%+v, %s", got, answer)
	}
}

func TestAPIRefusesWhatTheContractForbids(t *testing.T) {
	// Each case replaces a part of the good body.
	cases := []struct{ name, old, new, fault string }{
		{"no object", goodBody, `[]`, "not a JSON object"},
		{"no JSON", goodBody, `{`, "not a JSON object"},
		{"empty object", goodBody, `{}`, "event_name is required"},
		{"missing key", `"chat_id":null,`, ``, "chat_id is required"},
		{"another key", `{"event_name"`, `{"extra":1,"event_name"`, "does not know"},
		{"name", "choice_made", "ChoiceMade", "event_name must be a snake_case string"},
		{"time without zone", "123456Z", "123456", "occurred_at must be a UTC time"},
		{"time with offset", "123456Z", "123456+00:00", "occurred_at must be a UTC time"},
		{"no time", "2026-11-22T19:35:00.123456Z", "Z", "occurred_at must be a UTC time"},
		{"user as a string", `:7`, `:"7"`, "tg_user_id must be an integer or null"},
		{"user as a fraction", `:7`, `:7.5`, "tg_user_id must be an integer or null"},
		{"payload null", `{"team_code":"bra"}`, `null`, "payload must be an object"},
		{"payload list", `{"team_code":"bra"}`, `[]`, "payload must be an object"},
		{"payload nested", `"bra"`, `{"code":"bra"}`, `"team_code" is not flat`},
		{"payload key", `team_code`, `teamCode`, `"teamCode" is not snake_case`},
		{"key no UUID", `6f9619ff-`, ``, "idempotency_key must be a UUID"},
	}
	for _, c := range cases {
		got, answer := post(t, bbtest.NewAPI("key"), strings.Replace(goodBody, c.old, c.new, 1), unchanged)
		if got.Status != 422 || got.Taken || !strings.Contains(got.Fault, c.fault) || !strings.Contains(answer, `"loc":["body"`) {
			t.Errorf("%s: %d %q %s, want 422 and %q", c.name, got.Status, got.Fault, answer, c.fault)
		}
	}
}

func TestAPIRefusesTheWrongRequest(t *testing.T) {
	cases := []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"path", func(r *http.Request) { r.URL.Path = "/api/events" }, 404},
		{"method", func(r *http.Request) { r.Method = http.MethodGet }, 405},
		{"key", func(r *http.Request) { r.Header.Set("Authorization", "Bearer other") }, 401},
		{"no key", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		{"type", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415},
	}
	for _, c := range cases {
		if got, _ := post(t, bbtest.NewAPI("key"), goodBody, c.change); got.Status != c.status || got.Taken {
			t.Errorf("wrong %s: %d, taken %v; want %d", c.name, got.Status, got.Taken, c.status)
		}
	}
}

func TestAPIWithoutAKeyTakesAny(t *testing.T) {
	api := bbtest.NewAPI("")
	if got, _ := post(t, api, goodBody, unchanged); got.Status != 200 {
		t.Errorf("some key: %d, want 200", got.Status)
	}
	none := func(r *http.Request) { r.Header.Del("Authorization") }
	if got, _ := post(t, api, goodBody, none); got.Status != 401 {
		t.Errorf("no key: %d, want 401", got.Status)
	}
}
