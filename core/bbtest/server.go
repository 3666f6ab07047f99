package bbtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// waitTimeout bounds what a test waits for.
const waitTimeout = 10 * time.Second

// Server is an [API] on loopback for the time of a test.
type Server struct {
	URL string // base URL, for bb.Config.BaseURL
	Key string // integration key that it accepts
	*API

	tb testing.TB
}

// NewServer starts a server that is closed at the end of the test.
func NewServer(tb testing.TB) *Server {
	tb.Helper()
	const key = "test-integration-key"
	api := NewAPI(key)
	return &Server{URL: serve(tb, api), Key: key, API: api, tb: tb}
}

// serve serves a handler on loopback until the end of the test.
func serve(tb testing.TB, handler http.Handler) (url string) {
	srv := httptest.NewServer(handler)
	tb.Cleanup(func() {
		srv.CloseClientConnections() // ends answers that hang, and long polls
		srv.Close()
	})
	return srv.URL
}

// Client returns a client that delivers to the server, with the default
// configuration changed by configure. It is shut down at the end of the test.
func (s *Server) Client(configure ...func(*bb.Config)) *bb.Client {
	s.tb.Helper()
	cfg := bb.Config{Enabled: true, BaseURL: s.URL, IntegrationKey: bb.Secret(s.Key)}
	for _, change := range configure {
		change(&cfg)
	}
	client, err := bb.New(cfg)
	if err != nil {
		s.tb.Fatalf("bbtest: %v", err)
	}
	s.tb.Cleanup(func() { _ = client.Close() })
	return client
}

// Setenv points bb.ConfigFromEnv to the server for the rest of the test.
func (s *Server) Setenv() {
	s.tb.Helper()
	s.tb.Setenv(bb.EnvEnabled, "true")
	s.tb.Setenv(bb.EnvBaseURL, s.URL)
	s.tb.Setenv(bb.EnvIntegrationKey, s.Key)
}

// Wait returns once at least n events of this name have arrived. It ends the
// test if they do not within 10 s, or as soon as one of them breaks the
// contract; the failure shows what did arrive.
func (s *Server) Wait(name string, n int) []bb.Event {
	s.tb.Helper()
	deadline := time.NewTimer(waitTimeout)
	defer deadline.Stop()
	for {
		s.mu.Lock()
		got, changed := named(s.events, []string{name}), s.changed
		broken := slices.ContainsFunc(s.requests, func(r Request) bool { return r.Event.Name == name && r.Fault != "" })
		s.mu.Unlock()
		switch {
		case len(got) >= n:
			return got
		case broken:
			s.tb.Fatalf("bbtest: want %d %s, got %d, and the API would refuse one\n%s", n, name, len(got), s.report())
		}
		select {
		case <-changed:
		case <-deadline.C:
			s.tb.Fatalf("bbtest: want %d %s, got %d within %v\n%s", n, name, len(got), waitTimeout, s.report())
		}
	}
}

// report is the second half of a failure message.
func (s *Server) report() string {
	var b strings.Builder
	b.WriteString(report(s.Events(), nil))
	for _, r := range s.Requests() {
		if r.Status < 200 || r.Status > 299 {
			fmt.Fprintf(&b, "  answered with %d: %s %s\n", r.Status, line(r.Event), r.Fault)
		}
	}
	return b.String()
}
