package bbapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/bbapi"
)

const good = `{"event_name":"choice_made","occurred_at":"2026-11-22T19:35:00.123456Z","tg_user_id":7,"chat_id":null,` +
	`"payload":{"team_code":"bra"},"idempotency_key":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff"}`

// start returns a server with one integration and the last request it saw.
func start() (*bbapi.Server, *bbapi.Request) {
	last := new(bbapi.Request)
	return bbapi.New(map[string]string{"key": "telebot"}, func(r bbapi.Request) { *last = r }), last
}

func post(s http.Handler, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/bot/events", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestTakesAnEventOnce(t *testing.T) {
	s, last := start()
	if w := post(s, "key", good); w.Code != 200 || last.Repeat || last.Integration != "telebot" {
		t.Errorf("%d %s, %+v", w.Code, w.Body, *last)
	}
	if ev := last.Event; ev.Name != "choice_made" || *ev.UserID != 7 || ev.ChatID != nil || ev.Payload["team_code"] != "bra" {
		t.Errorf("event %+v", ev)
	}
	if w := post(s, "key", good); w.Code != 200 || !last.Repeat {
		t.Errorf("the same key again: %d %s, %+v", w.Code, w.Body, *last)
	}
}

func TestOutage(t *testing.T) {
	s, last := start()
	s.SetOutage(true)
	if w := post(s, "key", good); w.Code != 503 || last.Problem == "" {
		t.Errorf("in an outage: %d %s, %+v", w.Code, w.Body, *last)
	}
	s.SetOutage(false)
	if w := post(s, "key", good); w.Code != 200 || last.Repeat {
		t.Errorf("after it: %d %s, %+v", w.Code, w.Body, *last)
	}
}

func TestRefusesWhatTheContractForbids(t *testing.T) {
	// Each case replaces a part of the good event.
	tests := []struct {
		name, old, new string
		problem        string
	}{
		{"no object", good, `[]`, "the body must be a JSON object"},
		{"empty object", good, `{}`, "event_name: field required"},
		{"missing key", `"chat_id":null,`, ``, "chat_id: field required"},
		{"another key", `{"event_name"`, `{"extra":1,"event_name"`, "there are other keys than the six of the contract"},
		{"name", "choice_made", "ChoiceMade", `event_name: must be snake_case, not "ChoiceMade"`},
		{"time without zone", "123456Z", "123456", "occurred_at: must be a time in ISO 8601"},
		{"time with offset", "123456Z", "123456+00:00", "occurred_at: must be UTC and end with Z"},
		{"user as a string", `:7`, `:"7"`, "tg_user_id: must be an integer or null"},
		{"user as a fraction", `:7`, `:7.5`, "tg_user_id: must be an integer or null"},
		{"payload null", `{"team_code":"bra"}`, `null`, "payload: must be an object, not null"},
		{"payload list", `{"team_code":"bra"}`, `[]`, "payload: must be an object"},
		{"payload nested", `"bra"`, `{"code":"bra"}`, `payload: key "team_code" must not hold an object or an array`},
		{"payload key", `team_code`, `teamCode`, `payload: key "teamCode" must be snake_case`},
		{"key no UUID", `6f9619ff-`, ``, `idempotency_key: must be a UUID, not "8b86-4d01-b42d-00cf4fc964ff"`},
	}
	for _, test := range tests {
		s, last := start()
		w := post(s, "key", strings.Replace(good, test.old, test.new, 1))
		if w.Code != 422 || last.Problem != test.problem || !strings.Contains(w.Body.String(), `"loc":["body"`) {
			t.Errorf("%s: %d %s\n problem %q\n want    %q", test.name, w.Code, w.Body, last.Problem, test.problem)
		}
	}
}

func TestRefusesTheWrongRequest(t *testing.T) {
	s, _ := start()
	if w := post(s, "other", good); w.Code != 401 {
		t.Errorf("wrong key: %d %s", w.Code, w.Body)
	}
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/api/bot/events", 405},
		{http.MethodPost, "/api/events", 404},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(test.method, test.path, nil))
		if w.Code != test.status {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, w.Code, test.status)
		}
	}
}
