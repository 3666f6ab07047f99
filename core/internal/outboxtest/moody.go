package outboxtest

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
)

// MoodyAPI takes events by key and fails half of all requests, in every way
// that a request can fail. It is for bots that are killed beside it.
type MoodyAPI struct {
	Asked   chan struct{}     // one for each request, while somebody looks
	observe func(body []byte) // nil: not

	mu    sync.Mutex // guards what follows, and makes the calls of observe serial
	well  bool
	taken map[string]bool
}

// NewMoodyAPI returns an API that calls observe, unless it is nil, with the body
// of every request.
func NewMoodyAPI(observe func(body []byte)) *MoodyAPI {
	return &MoodyAPI{Asked: make(chan struct{}, 1), observe: observe, taken: make(map[string]bool)}
}

// Recover ends the bad mood.
func (a *MoodyAPI) Recover() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.well = true
}

// Missing is how many of the keys were not taken.
func (a *MoodyAPI) Missing(keys map[string]bool) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key := range keys {
		if !a.taken[key] {
			n++
		}
	}
	return n
}

// ServeHTTP takes one event, or does not.
func (a *MoodyAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var ev struct {
		Key string `json:"idempotency_key"`
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &ev) != nil {
		panic(http.ErrAbortHandler) // its client was killed
	}
	defer func() {
		select {
		case a.Asked <- struct{}{}:
		default:
		}
	}()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.observe != nil {
		a.observe(body)
	}
	mood := rand.IntN(8)
	if a.well {
		mood = 0
	}
	switch mood {
	case 4:
		w.WriteHeader(http.StatusInternalServerError)
	case 5:
		w.WriteHeader(http.StatusServiceUnavailable)
	case 6:
		panic(http.ErrAbortHandler) // no answer
	case 7:
		a.taken[ev.Key] = true
		panic(http.ErrAbortHandler) // taken, and the answer is lost
	default:
		a.taken[ev.Key] = true
	}
}
