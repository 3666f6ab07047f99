package bbtest

import (
	"cmp"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

const (
	maxBody = 1 << 20
	// maxKept bounds the requests, events and calls that are remembered of each
	// sort; the oldest go first.
	maxKept = 100_000
)

// API is a strict stand-in for the BB API. It takes exactly what the contract
// allows, each idempotency key once, and answers everything else as the API
// does. It is an [http.Handler] for programs, and an [http.RoundTripper] for
// clients that need no socket, as in testing/synctest. All methods may be
// called concurrently.
type API struct {
	// OnRequest is called with each request when its answer is decided, which
	// may be long before the answer goes out. OnAnswer is called with the same
	// request when its answer goes out, or when it is clear that its client
	// does not get one. Both may be nil, are set before the first request, are
	// called one at a time, and must not call the API's methods.
	OnRequest func(Request)
	OnAnswer  func(r Request, answered bool)

	key string

	mu       sync.Mutex // guards what follows, and makes calls of the hooks serial
	script   []Answer
	decide   func(Request) Answer
	hurry    chan struct{} // closed and renewed by Decide: ends delays
	requests []Request
	events   []bb.Event
	taken    map[string]bool // idempotency keys of events
	changed  chan struct{}   // closed and renewed with every request
}

// Answer is how the API treats one request. The zero value is what the contract
// says. An event is taken if its request keeps to the contract and the status is
// 2xx, also if the client never learns it.
type Answer struct {
	Status     int           // 0: what the contract says
	RetryAfter string        // header, if not ""
	Body       string        // "": a short JSON body
	Delay      time.Duration // between taking the event and the answer
	Hang       bool          // no answer, and the event is not taken
	Cut        bool          // the connection is cut instead of the answer
}

// Request is one request as the API saw it.
type Request struct {
	Event      bb.Event // as far as it could be read
	Header     http.Header
	Body       []byte
	Status     int    // of the answer; 0: none is given
	RetryAfter string // of the answer
	Fault      string // how the request broke the contract; "": it did not
	Taken      bool   // the API has the event, whether or not it says so
	Repeat     bool   // it had the event before, under the same key
}

// NewAPI returns an API that accepts one integration key; "" accepts any.
func NewAPI(key string) *API {
	return &API{
		key: key, decide: func(Request) Answer { return Answer{} },
		hurry: make(chan struct{}), taken: make(map[string]bool), changed: make(chan struct{}),
	}
}

// Answer sets how the next requests are treated, one after another, after
// those set before. Requests beyond them are left to Decide.
func (a *API) Answer(next ...Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.script = append(a.script, next...)
}

// Decide sets what decides how each request is treated from now on; nil: each
// gets what the contract says, as at first. decide is called concurrently, with a
// request that has no Status yet, and may block. Answers that are being delayed
// go out now.
func (a *API) Decide(decide func(Request) Answer) {
	if decide == nil {
		decide = func(Request) Answer { return Answer{} }
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.decide = decide
	close(a.hurry)
	a.hurry = make(chan struct{})
}

// Flaky is for [API.Decide]: it fails half of all requests, in every way that a request
// can fail. One of them is a connection that is cut when the event was taken.
func Flaky(Request) Answer {
	answers := [8]Answer{{Status: 500}, {Status: 503}, {Status: 503, Cut: true}, {Cut: true}}
	return answers[rand.IntN(len(answers))]
}

// Events returns what the API took so far, in order of arrival; with names only
// events of these names. Numbers in a payload are float64.
func (a *API) Events(names ...string) []bb.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return named(a.events, names)
}

// Requests returns every request so far, also those that were not taken.
func (a *API) Requests() []Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests)
}

// ServeHTTP takes one event, or does not.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the body is too large, or did not arrive", http.StatusRequestEntityTooLarge)
		return
	}
	ev, fault := check(r, body, a.key)
	request := Request{Event: ev, Header: r.Header, Body: body, Fault: fault.text}
	answer, hurry := a.next(request)
	text := cmp.Or(answer.Body, fault.answer(answer.Status))
	status := cmp.Or(answer.Status, fault.status)
	request.Taken = fault.text == "" && !answer.Hang && status >= 200 && status < 300
	if !answer.Hang && !answer.Cut {
		request.Status, request.RetryAfter = status, answer.RetryAfter
	}
	a.take(&request)

	answered := answer.wait(r, hurry) && !answer.Cut
	a.end(request, answered)
	if !answered {
		panic(http.ErrAbortHandler)
	}
	if answer.RetryAfter != "" {
		w.Header().Set("Retry-After", answer.RetryAfter)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// RoundTrip makes the API the Transport of a client, which then needs no socket.
func (a *API) RoundTrip(r *http.Request) (_ *http.Response, err error) {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case http.ErrAbortHandler:
			err = cmp.Or(r.Context().Err(), io.ErrUnexpectedEOF)
		default:
			panic(cause)
		}
	}()
	served := r.Clone(r.Context())
	if r.Body == nil {
		served.Body = http.NoBody
	}
	defer func() { _ = served.Body.Close() }()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, served)
	return w.Result(), nil
}

// next returns how a request is treated, and what ends its delay.
func (a *API) next(r Request) (answer Answer, hurry <-chan struct{}) {
	a.mu.Lock()
	decide, hurry := a.decide, a.hurry
	if len(a.script) > 0 {
		first := a.script[0]
		decide, a.script = func(Request) Answer { return first }, a.script[1:]
	}
	a.mu.Unlock()
	return decide(r), hurry
}

func (a *API) take(r *Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if key := r.Event.IdempotencyKey; r.Taken {
		if r.Repeat = a.taken[key]; !r.Repeat {
			a.taken[key] = true
			a.events = append(a.events, r.Event)
		}
	}
	if len(a.events) > maxKept {
		delete(a.taken, a.events[0].IdempotencyKey)
	}
	a.events, a.requests = newest(a.events), newest(append(a.requests, *r))
	close(a.changed)
	a.changed = make(chan struct{})
	if a.OnRequest != nil {
		a.OnRequest(*r)
	}
}

func (a *API) end(r Request, answered bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.OnAnswer != nil {
		a.OnAnswer(r, answered)
	}
}

// wait reports whether the client still waits when its answer is due.
func (a Answer) wait(r *http.Request, hurry <-chan struct{}) bool {
	if a.Hang {
		<-r.Context().Done()
		return false
	}
	if a.Delay <= 0 {
		return true
	}
	delay := time.NewTimer(a.Delay)
	defer delay.Stop()
	select {
	case <-delay.C:
		return true
	case <-hurry:
		return true
	case <-r.Context().Done():
		return false
	}
}

// newest drops the oldest item of a history that has become too long.
func newest[T any](history []T) []T {
	if len(history) > maxKept {
		return history[1:] // the next growth frees it
	}
	return history
}
