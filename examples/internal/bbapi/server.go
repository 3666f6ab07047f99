// Package bbapi stands in for the BB Analytics API. It takes exactly what the
// contract allows and answers the rest as the API does.
package bbapi

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

const (
	maxBody = 1 << 20
	// maxKeys bounds the idempotency keys that are remembered; the oldest go.
	maxKeys = 100_000
)

// Request is one request and what became of it.
type Request struct {
	Integration string   // whose key it carried; "": nobody's
	Event       bb.Event // as far as it could be read
	Status      int      // of the answer; 0: there is none
	Problem     string   // why the event was not taken; "": it was
	Repeat      bool     // taken before under the same idempotency key: not counted again
	Check       bool     // no event, but the question whether the key is right: it is

	RetryAfter time.Duration // the silence that the answer asks for
}

// Server is the API, an [http.Handler].
type Server struct {
	integrations map[string]string // by integration key
	observe      func(Request)

	mu      sync.Mutex // guards what follows, and makes the calls of observe and ended serial
	ended   func(r Request, answered bool)
	trouble Trouble
	hurry   chan struct{}   // closed and renewed when the trouble changes
	seen    map[string]bool // idempotency keys of one integration each
	order   []string        // of seen, oldest first
}

// New returns a server for integrations, which are named by their keys. It
// calls observe with every request that it could read, one at a time, before it
// answers.
func New(integrations map[string]string, observe func(Request)) *Server {
	return &Server{
		integrations: integrations, observe: observe, ended: func(Request, bool) {},
		hurry: make(chan struct{}), seen: make(map[string]bool),
	}
}

// OnEnd has ended called once for each request that was observed, when its
// answer goes out, or when it turns out that the client does not get one.
func (s *Server) OnEnd(ended func(r Request, answered bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = ended
}

// ServeHTTP takes one event.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r, "") }

// AnyKey is the same API for a bot that has no integration here: a key that is
// nobody's is that of the integration with this name.
func (s *Server) AnyKey(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, name) })
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, stranger string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the body is too large, or did not arrive", http.StatusRequestEntityTooLarge)
		return
	}
	s.mu.Lock()
	trouble, hurry := s.trouble, s.hurry
	s.mu.Unlock()
	request, answer := s.take(r, body, stranger, trouble)
	answered := trouble.hold(r, hurry) && !trouble.Cut
	s.end(request, answered)
	if !answered {
		panic(http.ErrAbortHandler) // nothing is answered, the connection ends
	}
	trouble.header(w.Header())
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(request.Status)
	_, _ = io.WriteString(w, answer)
}

func (s *Server) take(r *http.Request, body []byte, stranger string, trouble Trouble) (request Request, answer string) {
	key, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	checked, answer := bbtest.CheckRequest(r, body, key)
	request = Request{Integration: s.integrations[key], Event: checked.Event, Status: checked.Status, Problem: checked.Fault}
	if request.Integration == "" && key != "" {
		request.Integration = stranger
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.observe(request) }()
	status, problem, refuses := trouble.refuses()
	switch {
	case refuses:
		request.Status, request.Problem, request.RetryAfter = status, problem, trouble.RetryAfter
	case request.Integration == "":
		request.Status, request.Problem = http.StatusUnauthorized, "Invalid integration key"
	case request.Problem == "":
		request.Repeat = s.remember(request.Integration + " " + request.Event.IdempotencyKey)
		return request, answer
	default:
		request.Check = request.Status == http.StatusUnprocessableEntity && string(bytes.TrimSpace(body)) == "{}"
		return request, answer
	}
	return request, `{"detail":"` + request.Problem + `"}`
}

func (s *Server) end(r Request, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended(r, answered)
}

// remember reports whether it was asked to remember key before.
func (s *Server) remember(key string) bool {
	if s.seen[key] {
		return true
	}
	s.seen[key] = true
	s.order = append(s.order, key)
	if len(s.order) > maxKeys {
		delete(s.seen, s.order[0])
		s.order = s.order[1:]
	}
	return false
}
