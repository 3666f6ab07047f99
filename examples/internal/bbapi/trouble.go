package bbapi

import (
	"net/http"
	"strconv"
	"time"
)

// Trouble is what is wrong with the API. The zero value: nothing.
type Trouble struct {
	Status     int           // answered to every request; 0: what each deserves
	RetryAfter time.Duration // sent with Status, in whole seconds; 0: not sent
	Cut        bool          // the connection breaks instead of an answer
	Delay      time.Duration // between taking a request and answering it
}

// SetTrouble makes the server behave so from the next request on. Answers that
// are being delayed go out now.
func (s *Server) SetTrouble(t Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = t
	close(s.hurry)
	s.hurry = make(chan struct{})
}

// refuses reports whether no event is taken, and what is said instead.
func (t Trouble) refuses() (status int, problem string, ok bool) {
	switch {
	case t.Cut:
		return 0, "connection cut", true
	case t.Status != 0:
		return t.Status, http.StatusText(t.Status), true
	}
	return 0, "", false
}

// hold waits for the delay, or for hurry. It reports whether the client still
// wants an answer.
func (t Trouble) hold(r *http.Request, hurry <-chan struct{}) bool {
	if t.Delay <= 0 {
		return true
	}
	timer := time.NewTimer(t.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-hurry:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (t Trouble) header(h http.Header) {
	if t.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(t.RetryAfter.Seconds())))
	}
}
