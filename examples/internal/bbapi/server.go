// Package bbapi stands in for the BB Analytics API. It takes exactly what the
// contract allows and answers the rest as the API does.
package bbapi

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
)

const (
	path    = "/api/bot/events"
	maxBody = 1 << 20
	// maxKeys bounds the idempotency keys that are remembered; the oldest go.
	maxKeys = 100_000
)

// Request is one request and what became of it.
type Request struct {
	Integration string // whose key it carried; "": nobody's
	Event       Event  // as far as it could be read
	Status      int    // of the answer
	Problem     string // why the event was not taken; "": it was
	Repeat      bool   // taken before under the same idempotency key: not counted again
}

// Server is the API, an [http.Handler].
type Server struct {
	integrations map[string]string // by integration key
	observe      func(Request)

	mu     sync.Mutex // guards what follows, and makes the calls of observe serial
	outage bool
	seen   map[string]bool // idempotency keys of one integration each
	order  []string        // of seen, oldest first
}

// New returns a server for integrations, which are named by their keys. It
// calls observe with every request, one at a time, before it answers.
func New(integrations map[string]string, observe func(Request)) *Server {
	return &Server{integrations: integrations, observe: observe, seen: make(map[string]bool)}
}

// SetOutage makes the server answer everything with 503, or ends that.
func (s *Server) SetOutage(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outage = on
}

// ServeHTTP takes one event.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the body is too large, or did not arrive", http.StatusRequestEntityTooLarge)
		return
	}
	request, reply := s.take(r, body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(request.Status)
	_ = json.NewEncoder(w).Encode(reply)
}

func (s *Server) take(r *http.Request, body []byte) (request Request, reply map[string]any) {
	key, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	request.Integration = s.integrations[key]
	ev, problem := parse(body)
	request.Event = ev

	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.observe(request) }()
	switch {
	case s.outage:
		problem = &fault{status: http.StatusServiceUnavailable, text: "Service Unavailable"}
	case r.URL.Path != path:
		problem = &fault{status: http.StatusNotFound, text: "Not Found"}
	case r.Method != http.MethodPost:
		problem = &fault{status: http.StatusMethodNotAllowed, text: "Method Not Allowed"}
	case request.Integration == "":
		problem = &fault{status: http.StatusUnauthorized, text: "Invalid integration key"}
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		problem = invalid("", "Content-Type must be application/json")
	}
	if problem != nil {
		request.Status, request.Problem = problem.status, problem.Error()
		return request, map[string]any{"detail": problem.detail()}
	}
	request.Status = http.StatusOK
	request.Repeat = s.remember(request.Integration + " " + ev.IdempotencyKey)
	return request, map[string]any{"status": "ok"}
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
