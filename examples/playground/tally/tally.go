// Package tally counts what the BB API makes of the requests of each bot. The
// page and the terminal show the same counts.
package tally

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

const (
	// maxNames bounds the names that are counted one by one.
	maxNames   = 40
	otherNames = "(other names)"
)

// Outcome is what became of one request.
type Outcome int

// What can become of a request.
const (
	Counted  Outcome = iota // its event counts
	Again                   // its event was counted before
	Refused                 // its event will never be taken
	NotTaken                // its client has to repeat it
	Checked                 // it brought no event, but asked whether the key is right
)

// Of returns the outcome of a request.
func Of(r bbtest.Request) Outcome {
	switch {
	case r.Repeat:
		return Again
	case r.Taken:
		return Counted
	case r.Status != http.StatusUnprocessableEntity:
		return NotTaken
	case isCheck(r):
		return Checked
	}
	return Refused
}

// Problem returns why the event of a request was not taken; "": it was.
func Problem(r bbtest.Request) string {
	switch {
	case r.Taken:
		return ""
	case r.Status == 0:
		return "connection cut"
	case isCheck(r):
		return http.StatusText(r.Status)
	}
	return cmp.Or(r.Fault, http.StatusText(r.Status))
}

// isCheck reports whether a request is that of Client.Check: an empty object.
func isCheck(r bbtest.Request) bool { return string(bytes.TrimSpace(r.Body)) == "{}" }

// Row is how many requests of one library, with an event of one name, had each
// outcome. Library or Event is "" in a sum over all.
type Row struct {
	Library, Event string
	N              [Checked]int // by outcome
}

// Tally is the count of all requests. It is not safe for concurrent use.
type Tally struct{ rows []Row }

// Add counts a request of a library's bot, unless it brought no event, and
// returns the name that its event is counted under.
func (t *Tally) Add(library string, r bbtest.Request) (outcome Outcome, name string) {
	outcome, name = Of(r), r.Event.Name
	if outcome == Checked {
		return outcome, ""
	}
	names := t.Names()
	if len(names) >= maxNames && !slices.ContainsFunc(names, func(r Row) bool { return r.Event == name }) {
		name = otherNames
	}
	Find(&t.rows, library, name).N[outcome]++
	return outcome, name
}

// Rows returns the count by library and name.
func (t *Tally) Rows() []Row { return slices.Clone(t.rows) }

// Libraries returns the count by library.
func (t *Tally) Libraries() []Row {
	return t.sum(func(r Row) (library, event string) { return r.Library, "" })
}

// Names returns the count by name.
func (t *Tally) Names() []Row {
	return t.sum(func(r Row) (library, event string) { return "", r.Event })
}

// sum adds up the rows of each group.
func (t *Tally) sum(group func(Row) (library, event string)) (sums []Row) {
	for _, r := range t.rows {
		library, event := group(r)
		sum := Find(&sums, library, event)
		for outcome, n := range r.N {
			sum.N[outcome] += n
		}
	}
	return sums
}

// Find returns the row of a library and a name, which it adds if there is none.
func Find(rows *[]Row, library, event string) *Row {
	i := slices.IndexFunc(*rows, func(r Row) bool { return r.Library == library && r.Event == event })
	if i < 0 {
		i = len(*rows)
		*rows = append(*rows, Row{Library: library, Event: event})
	}
	return &(*rows)[i]
}
