package bbapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

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
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request(key, body))
	return w
}

func request(key, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/api/bot/events", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	return r
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

func TestTrouble(t *testing.T) {
	for _, status := range []int{401, 422, 429, 503} {
		s, last := start()
		s.SetTrouble(bbapi.Trouble{Status: status, RetryAfter: 10 * time.Second})
		w := post(s, "key", good)
		if w.Code != status || w.Header().Get("Retry-After") != "10" || last.Status != status || last.Problem == "" || last.RetryAfter != 10*time.Second {
			t.Errorf("in trouble: %d %s, %+v", w.Code, w.Body, *last)
		}
		s.SetTrouble(bbapi.Trouble{})
		if w := post(s, "key", good); w.Code != 200 || last.Repeat {
			t.Errorf("after it: %d %s, %+v", w.Code, w.Body, *last)
		}
	}
}

func TestCutsTheConnection(t *testing.T) {
	s, last := start()
	answered := true
	s.OnEnd(func(_ bbapi.Request, got bool) { answered = got })
	s.SetTrouble(bbapi.Trouble{Cut: true})
	func() {
		defer func() {
			if got := recover(); got != http.ErrAbortHandler {
				t.Errorf("the handler ended with %v", got)
			}
		}()
		post(s, "key", good)
	}()
	if last.Status != 0 || last.Problem == "" || answered {
		t.Errorf("%+v", *last)
	}
}

// A slow API has taken the event long before it says so: a client that gives up
// waiting sends it again.
func TestSlowAnswerCountsOnce(t *testing.T) {
	s, last := start()
	var answers []bool
	s.OnEnd(func(_ bbapi.Request, answered bool) { answers = append(answers, answered) })
	s.SetTrouble(bbapi.Trouble{Delay: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	func() {
		defer func() { _ = recover() }()
		s.ServeHTTP(httptest.NewRecorder(), request("key", good).WithContext(ctx))
	}()
	if last.Status != 200 || last.Repeat {
		t.Errorf("given up by the client: %+v", *last)
	}
	s.SetTrouble(bbapi.Trouble{})
	if w := post(s, "key", good); w.Code != 200 || !last.Repeat {
		t.Errorf("sent again: %d, %+v", w.Code, *last)
	}
	if !slices.Equal(answers, []bool{false, true}) {
		t.Errorf("answered: %v, want only the second", answers)
	}
}

func TestAnyKey(t *testing.T) {
	s, last := start()
	open := s.AnyKey("your bot")
	for key, integration := range map[string]string{"key": "telebot", "whatever": "your bot"} {
		if w := post(open, key, good); w.Code != 200 || last.Integration != integration {
			t.Errorf("key %q: %d, %+v", key, w.Code, *last)
		}
	}
	if w := post(open, "", good); w.Code != 401 {
		t.Errorf("no key: %d", w.Code)
	}
}

func TestRefuses(t *testing.T) {
	s, last := start()
	if w := post(s, "other", good); w.Code != 401 || last.Problem == "" {
		t.Errorf("wrong key: %d %s, %+v", w.Code, w.Body, *last)
	}
	if w := post(s, "key", `{"payload":{}}`); w.Code != 422 || last.Problem == "" || last.Check {
		t.Errorf("no event: %d %s, %+v", w.Code, w.Body, *last)
	}
	if w := post(s, "key", strings.Replace(good, `"bra"`, `{"code":"bra"}`, 1)); w.Code != 422 || !strings.Contains(last.Problem, "flat") {
		t.Errorf("nested payload: %d %s, %+v", w.Code, w.Body, *last)
	}
}

// An empty object asks whether the address and the key are right.
func TestCheck(t *testing.T) {
	s, last := start()
	if w := post(s, "key", `{}`); w.Code != 422 || !last.Check {
		t.Errorf("right: %d %s, %+v", w.Code, w.Body, *last)
	}
	if w := post(s, "other", `{}`); w.Code != 401 || last.Check {
		t.Errorf("wrong key: %d %s, %+v", w.Code, w.Body, *last)
	}
	w, elsewhere := httptest.NewRecorder(), request("key", `{}`)
	elsewhere.URL.Path = "/events"
	if s.ServeHTTP(w, elsewhere); w.Code != 404 || last.Check {
		t.Errorf("wrong address: %d %s, %+v", w.Code, w.Body, *last)
	}
}

func TestMendedAPIAnswersAtOnce(t *testing.T) {
	taken := make(chan bbapi.Request, 1)
	s := bbapi.New(map[string]string{"key": "telebot"}, func(r bbapi.Request) { taken <- r })
	s.SetTrouble(bbapi.Trouble{Delay: time.Hour})
	answered := make(chan int, 1)
	go func() { answered <- post(s, "key", good).Code }()
	<-taken
	s.SetTrouble(bbapi.Trouble{})
	if code := <-answered; code != 200 {
		t.Errorf("the delayed answer is %d", code)
	}
}
