package page

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/tally"
)

// story is what has happened to an event. Arriving and being answered are two
// things: a client that gives up waiting sends again what the API has counted.
type story struct {
	open    int           // requests that are not answered yet
	counted bool          // the API took it
	acked   bool          // and the client has its answer
	again   int           // requests with it since then: taken, not counted
	problem string        // of the last request; "": the event was taken
	refused bool          // the last request was, for good
	dropped bb.DropReason // why the client gave it up; "": it did not
}

// accepted: it is in the client's outbox, maybe once more.
func (r *Row) accepted() {
	r.Pending++
	r.problem, r.refused, r.dropped = "", false, ""
}

// requested: the API got it, and knows its answer.
func (r *Row) requested(request bbtest.Request) {
	r.Attempts++
	r.open++
	r.Body = clip(strings.ToValidUTF8(string(request.Body), "\uFFFD"), maxBody)
	tries := append(r.Tries, Try{At: time.Now().UnixMilli(), Answer: answer(request), Taken: request.Taken})
	r.Tries = slices.Clone(tries[max(0, len(tries)-maxTries):]) // pages may be reading the others
	r.problem = problem(request)
	r.refused = tally.Of(request) == tally.Refused
	switch {
	case !request.Taken:
		return
	case r.counted || request.Repeat:
		r.again++
	default:
		delay := max(0, float64(time.Since(request.Event.OccurredAt).Microseconds())/1000)
		r.Delay = &delay
	}
	r.counted = true
}

// ended: the client has the answer of a request, or will never have it.
func (r *Row) ended(request bbtest.Request, answered bool) {
	r.open = max(0, r.open-1)
	if answered && request.Taken {
		r.acked = true
		r.Pending = max(0, r.Pending-1)
	}
}

// gaveUp: the client dropped it.
func (r *Row) gaveUp(reason bb.DropReason) {
	r.Pending = max(0, r.Pending-1)
	r.dropped = reason
}

// outcome puts the story in a word and a note.
func (r *Row) outcome() (status, note string) {
	switch {
	case r.acked:
		status, note = Delivered, r.problem
	case r.counted:
		status, note = Arrived, r.unanswered()
	case r.Pending > 0:
		status, note = Waiting, r.problem
	case r.refused:
		status, note = Refused, r.problem
	case r.dropped != "":
		status, note = GivenUp, "dropped: "+string(r.dropped)
	default: // of a client whose outbox is not ours to see
		status, note = NotTaken, r.problem
	}
	var notes []string
	if r.again > 0 {
		notes = append(notes, fmt.Sprintf("again ×%d: counted once", r.again))
	}
	if r.Pending > 1 || r.acked && r.Pending > 0 {
		notes = append(notes, fmt.Sprintf("in the outbox ×%d", r.Pending))
	}
	if note != "" {
		notes = append(notes, note)
	}
	return status, strings.Join(notes, "; ")
}

// unanswered says why an event that the API has is not delivered.
func (r *Row) unanswered() string {
	switch {
	case r.problem != "":
		return r.problem
	case r.open > 0:
		return "not answered yet"
	case r.dropped != "":
		return "dropped unanswered: " + string(r.dropped)
	}
	return "the client got no answer and will send it again"
}

// answer is the answer to a request, in words.
func answer(r bbtest.Request) string {
	words := problem(r)
	if r.Taken {
		words = fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status))
	}
	switch {
	case r.Taken && r.Status == 0:
		return "taken, then the connection was cut"
	case r.Repeat:
		return words + ", known already: counted once"
	case r.RetryAfter != "":
		return fmt.Sprintf("%s, Retry-After: %s", words, r.RetryAfter)
	}
	return words
}

// problem says why a request was not taken, as far as a row has room for it.
func problem(r bbtest.Request) string {
	why := tally.Problem(r)
	if why != "" && r.Status != 0 {
		why = fmt.Sprintf("%d %s", r.Status, why)
	}
	return clip(why, maxPayload)
}
