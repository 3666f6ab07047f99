package bbtest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

const (
	waitTimeout = 10 * time.Second
	maxBody     = 1 << 20
)

// Server is a strict stand-in for the API on loopback. It takes exactly what
// the contract allows, each idempotency key once, and answers everything else
// as the API does. All methods may be called concurrently.
type Server struct {
	URL string // base URL, for bb.Config.BaseURL
	Key string // integration key that it accepts

	tb   testing.TB
	done chan struct{} // closed when the test is over, which ends hanging answers

	mu       sync.Mutex // guards what follows
	script   []Answer
	requests []Request
	events   []bb.Event
	arrived  chan struct{} // closed and renewed with every request
}

// Answer is how the server treats one request.
type Answer struct {
	Status     int           // 0: what the contract says
	RetryAfter string        // header, if not ""
	Body       string        // "": a short JSON body
	Delay      time.Duration // before the answer
	Hang       bool          // no answer, and the event is not taken
	Cut        bool          // the connection is cut instead of the answer
}

// Request is one request as the server saw it.
type Request struct {
	Event  bb.Event // as far as it could be read
	Header http.Header
	Body   []byte
	Status int    // of the answer; 0: none was given
	Fault  string // how the request broke the contract; "": it did not
}

// NewServer starts a server that is closed at the end of the test.
func NewServer(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{Key: "test-integration-key", tb: tb, done: make(chan struct{}), arrived: make(chan struct{})}
	srv := httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = srv.URL
	tb.Cleanup(func() {
		close(s.done)
		srv.Close()
	})
	return s
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

// Answer sets how the next requests are treated, one after another, after
// those set before. Requests beyond them get what the contract says.
func (s *Server) Answer(next ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, next...)
}

// Events returns what the server took so far, in order of arrival; with names
// only events of these names. Numbers in a payload are float64.
func (s *Server) Events(names ...string) []bb.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return named(s.events, names)
}

// Requests returns every request so far, also those that were not taken.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
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
		got, arrived := named(s.events, []string{name}), s.arrived
		broken := slices.ContainsFunc(s.requests, func(r Request) bool { return r.Event.Name == name && r.Fault != "" })
		s.mu.Unlock()
		switch {
		case len(got) >= n:
			return got
		case broken:
			s.tb.Fatalf("bbtest: want %d %s, got %d, and the API would refuse one\n%s", n, name, len(got), s.report())
		}
		select {
		case <-arrived:
		case <-deadline.C:
			s.tb.Fatalf("bbtest: want %d %s, got %d within %v\n%s", n, name, len(got), waitTimeout, s.report())
		}
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return // the client gave up
	}
	ev, fault := check(r, body, s.Key)
	answer := s.next()
	if answer.Hang {
		s.record(Request{Event: ev, Header: r.Header, Body: body, Fault: fault.text}, false)
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
		panic(http.ErrAbortHandler)
	}
	if answer.Delay > 0 {
		delay := time.NewTimer(answer.Delay)
		defer delay.Stop()
		select {
		case <-delay.C:
		case <-s.done:
		}
	}
	status, text := fault.status, fault.body()
	if answer.Status != 0 {
		status, text = answer.Status, `{"detail":"as told by the test"}`
	}
	if answer.Body != "" {
		text = answer.Body
	}
	if answer.RetryAfter != "" {
		w.Header().Set("Retry-After", answer.RetryAfter)
	}
	taken := fault.text == "" && status >= 200 && status < 300
	s.record(Request{Event: ev, Header: r.Header, Body: body, Status: status, Fault: fault.text}, taken)
	if answer.Cut {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (s *Server) next() Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.script) == 0 {
		return Answer{}
	}
	answer := s.script[0]
	s.script = s.script[1:]
	return answer
}

func (s *Server) record(r Request, taken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	known := slices.ContainsFunc(s.events, func(ev bb.Event) bool { return ev.IdempotencyKey == r.Event.IdempotencyKey })
	if taken && !known {
		s.events = append(s.events, r.Event)
	}
	close(s.arrived)
	s.arrived = make(chan struct{})
}
