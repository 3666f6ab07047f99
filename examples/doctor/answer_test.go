package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// serve answers with handler until the end of the test.
func serve(t *testing.T, handler http.HandlerFunc) (base string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice that the client left
		handler(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func answering(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		says    string
	}{
		"key":      {answering(401), "HTTP 401: the integration key was not accepted"},
		"path":     {answering(404), "HTTP 404: there is no event API at this address"},
		"redirect": {http.RedirectHandler("https://bb.center/x", http.StatusMovedPermanently).ServeHTTP, "points to a redirect: set it to the final address, which seems to be on https://bb.center"},
		"page": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
			"web page"},
		"port":    {answering(400), "https:// instead of http://"},
		"trouble": {answering(503), "HTTP 503 -> The address is right"},
		"haste":   {answering(429), "HTTP 429 -> The API asks for fewer requests"},
		"size":    {answering(413), "client_max_body_size"},
		"reset":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "the connection was closed before the answer: EOF: if this port speaks TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			point(t, serve(t, c.handler))
			r := examine(t)
			r.wantCode(t, 1)
			r.want(t, "TCP", "ok")
			r.want(t, "path, key", "problem", c.says)
			r.want(t, "latency", "not checked", `first fix "path, key"`)
		})
	}
}

func TestNoAnswer(t *testing.T) {
	point(t, serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	r := examine(t, "-timeout", "1s")
	r.wantCode(t, 1)
	r.want(t, "path, key", "problem", "did not answer in time", "within 1s")
}

func TestSlowAPI(t *testing.T) {
	api := bbtest.NewServer(t)
	api.Setenv()
	api.Answer(slices.Repeat([]bbtest.Answer{{Delay: 600 * time.Millisecond}}, 5)...)
	r := examine(t, "-timeout", "2s")
	r.wantCode(t, 0)
	r.want(t, "latency", "warning", "median", "That is slow")
}

func TestAPIComesAndGoes(t *testing.T) {
	api := bbtest.NewServer(t)
	api.Setenv()
	api.Answer(bbtest.Answer{}, bbtest.Answer{}, bbtest.Answer{Status: 502})
	r := examine(t)
	r.wantCode(t, 0)
	r.want(t, "latency", "warning", "HTTP 502", "comes and goes")
}

// checks are the requests before the one that carries the event.
var checks = make([]bbtest.Answer, 2+measurements)

func TestSend(t *testing.T) {
	api := bbtest.NewServer(t)
	api.Setenv()
	r := examine(t, "-send")
	r.wantCode(t, 0)
	events := api.Events()
	if len(events) != 1 || events[0].Name != "doctor_test" || events[0].Payload["source"] != "doctor" ||
		events[0].UserID != 0 || events[0].ChatID != 0 {
		t.Fatalf("the API has %+v", events)
	}
	r.want(t, "send", "ok", "delivered twice", "dashboard", "count once", fmt.Sprintf("mark=%v", events[0].Payload["mark"]))
	again := 0
	for _, request := range api.Requests() {
		if request.Repeat {
			again++
		}
	}
	if again != 1 {
		t.Errorf("it was sent again %d times, want once", again)
	}
}

// A server that takes an event without a name is hardly the API.
func TestAnythingThatAnswers(t *testing.T) {
	point(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"status":"ok"}`) }))
	r := examine(t)
	r.wantCode(t, 0)
	r.want(t, "path, key", "warning", "HTTP 200", "Is this the API of BB?")
	if strings.Contains(r.text, "All is well") {
		t.Error("all is well, it says")
	}
}

func TestSendRefused(t *testing.T) {
	api := bbtest.NewServer(t)
	api.Setenv()
	api.Answer(append(slices.Clone(checks), bbtest.Answer{Status: 422})...)
	r := examine(t, "-send")
	r.wantCode(t, 1)
	r.want(t, "send", "problem", "HTTP 422: Unprocessable Entity", "received 1, delivered 0, dropped 1, pending 0")
}

func TestSendUndelivered(t *testing.T) {
	api := bbtest.NewServer(t)
	api.Setenv()
	api.Answer(checks...)
	api.Answer(slices.Repeat([]bbtest.Answer{{Status: 503}}, 100)...)
	r := examine(t, "-send", "-timeout", "1s")
	r.wantCode(t, 1)
	r.want(t, "send", "problem", "HTTP 503", "dropped 0, pending 1")
}

// Nothing is sent where the key is known to be wrong.
func TestSendNeedsTheKey(t *testing.T) {
	api := bbtest.NewServer(t)
	point(t, api.URL)
	r := examine(t, "-send")
	r.wantCode(t, 1)
	r.want(t, "send", "not checked", `first fix "path, key"`)
	for _, request := range api.Requests() {
		if strings.Contains(string(request.Body), testEvent) {
			t.Errorf("sent: %s", request.Body)
		}
	}
}
