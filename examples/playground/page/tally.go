package page

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/bbapi"
)

const (
	// maxNames bounds the names that are counted one by one.
	maxNames   = 40
	otherNames = "(other names)"

	slotLength = 5 * time.Second // of one bar of the chart
	maxSlots   = 24              // bars
)

// tally counts what the API took. The board's lock guards it.
type tally struct {
	names  map[string]int
	slots  map[int64]int // events by time
	totals map[string]*Total
}

// Total is what the API saw of one library.
type Total struct {
	Library  string
	Counted  int // events
	Again    int // requests with an event that was counted before
	Refused  int // requests with an event that will never be taken
	NotTaken int // requests that the client has to repeat
}

func newTally() tally {
	return tally{names: make(map[string]int), slots: make(map[int64]int), totals: make(map[string]*Total)}
}

// count adds one event.
func (t *tally) count(name string) Count {
	if _, known := t.names[name]; !known && len(t.names) >= maxNames {
		name = otherNames
	}
	t.names[name]++
	slot := time.Now().UnixMilli() / slotLength.Milliseconds()
	t.slots[slot]++
	maps.DeleteFunc(t.slots, func(s int64, _ int) bool { return s <= slot-maxSlots })
	return Count{Name: name, Total: t.names[name], Slot: slot, Slots: t.slots[slot]}
}

// request counts the outcome of one request. It reports whether it brought an
// event.
func (t *tally) request(library string, r bbapi.Request) bool {
	total := t.totals[library]
	if total == nil {
		total = &Total{Library: library}
		t.totals[library] = total
	}
	switch {
	case r.Problem == "" && r.Repeat:
		total.Again++
	case r.Problem == "":
		total.Counted++
		return true
	case r.Status == http.StatusUnprocessableEntity:
		total.Refused++
	default:
		total.NotTaken++
	}
	return false
}

func (t *tally) counts() []Count {
	counts := []Count{}
	for name, total := range t.names {
		counts = append(counts, Count{Name: name, Total: total})
	}
	return counts
}

func (t *tally) recent() map[int64]int { return maps.Clone(t.slots) }

// Totals returns what the API saw of each library so far.
func (b *Board) Totals() []Total {
	b.mu.Lock()
	defer b.mu.Unlock()
	var totals []Total
	for _, t := range b.tally.totals {
		totals = append(totals, *t)
	}
	slices.SortFunc(totals, func(a, b Total) int { return cmp.Compare(a.Library, b.Library) })
	return totals
}
