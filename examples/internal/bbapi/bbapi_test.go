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
	if ev := last.Event; ev.Name != "choice_made" || ev.UserID != 7 || ev.ChatID != 0 || ev.Payload["team_code"] != "bra" {
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

func TestRefuses(t *testing.T) {
	s, last := start()
	if w := post(s, "other", good); w.Code != 401 || last.Problem == "" {
		t.Errorf("wrong key: %d %s, %+v", w.Code, w.Body, *last)
	}
	if w := post(s, "key", `{}`); w.Code != 422 || last.Problem == "" {
		t.Errorf("empty object: %d %s, %+v", w.Code, w.Body, *last)
	}
	if w := post(s, "key", strings.Replace(good, `"bra"`, `{"code":"bra"}`, 1)); w.Code != 422 || !strings.Contains(last.Problem, "flat") {
		t.Errorf("nested payload: %d %s, %+v", w.Code, w.Body, *last)
	}
}
