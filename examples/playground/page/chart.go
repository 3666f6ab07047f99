package page

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/tally"
)

const (
	slotLength = 5 * time.Second // of one bar of the chart
	maxSlots   = 24              // bars
)

// chart is how many events were counted in each slot of time. The board's lock
// guards it.
type chart map[int64]int

// add counts one event now, and returns its slot.
func (c chart) add() (slot int64) {
	slot = time.Now().UnixMilli() / slotLength.Milliseconds()
	c[slot]++
	maps.DeleteFunc(c, func(s int64, _ int) bool { return s <= slot-maxSlots })
	return slot
}

// count adds a request to the counts. b.mu is held.
func (b *Board) count(library string, r bbtest.Request) {
	outcome, name := b.tally.Add(library, r)
	if outcome != tally.Counted {
		return
	}
	slot := b.chart.add()
	for _, c := range b.counts() {
		if c.Name == clip(name, maxName) {
			c.Slot, c.Slots = slot, b.chart[slot]
			b.subscribers.publish("count", c)
		}
	}
}

// counts are the events that were counted, by name. b.mu is held.
func (b *Board) counts() []Count {
	counts := []Count{}
	for _, row := range b.tally.Names() {
		if n := row.N[tally.Counted]; n > 0 {
			counts = append(counts, Count{Name: clip(row.Event, maxName), Total: n})
		}
	}
	return counts
}

// Totals returns what the API saw of each library so far, sorted.
func (b *Board) Totals() []tally.Row {
	b.mu.Lock()
	defer b.mu.Unlock()
	totals := b.tally.Libraries()
	slices.SortFunc(totals, func(a, b tally.Row) int { return cmp.Compare(a.Library, b.Library) })
	return totals
}
