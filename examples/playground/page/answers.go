package page

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/tally"
)

// maxAnswers bounds the people and the choices that are shown apart.
const maxAnswers = 10_000

// answers is what the events say: who started a bot, who is active, what people
// chose. The board's lock guards it.
type answers struct {
	started, active map[int64]bool // people
	choices         map[string]int
}

func newAnswers() answers {
	return answers{started: make(map[int64]bool), active: make(map[int64]bool), choices: make(map[string]int)}
}

func (a *answers) add(ev bb.Event) {
	switch ev.Name {
	case bb.EventUserStarted:
		add(a.started, ev.UserID, true)
	case bb.EventActivity:
		add(a.active, ev.UserID, true)
	case bb.EventChoiceMade:
		what := choice(ev.Payload)
		add(a.choices, what, a.choices[what]+1)
	}
}

func add[K comparable, V any](all map[K]V, key K, value V) {
	if _, known := all[key]; known || len(all) < maxAnswers {
		all[key] = value
	}
}

// choice is what was chosen: all of a payload but where it came from.
func choice(payload bb.Payload) string {
	var what []string
	for _, name := range slices.Sorted(maps.Keys(payload)) {
		if name != "handler" && name != "source" {
			what = append(what, text(payload[name]))
		}
	}
	return clip(strings.Join(what, " "), maxName)
}

// count adds a request to the counts. b.mu is held.
func (b *Board) count(library string, r bbtest.Request) {
	if outcome, _ := b.tally.Add(library, r); outcome == tally.Counted {
		b.answers.add(r.Event)
		b.subscribers.publish("answers", b.sum())
	}
}

// sum is what the events say so far. b.mu is held.
func (b *Board) sum() Answers {
	sum := Answers{Started: people(b.answers.started), Active: people(b.answers.active), Choices: []Count{}, Others: []Count{}}
	for what, n := range b.answers.choices {
		sum.Choices = append(sum.Choices, Count{what, n})
	}
	for _, row := range b.tally.Names() {
		n := row.N[tally.Counted]
		sum.Total += n
		if n > 0 && !slices.Contains([]string{bb.EventUserStarted, bb.EventActivity, bb.EventChoiceMade}, row.Event) {
			sum.Others = append(sum.Others, Count{clip(row.Event, maxName), n})
		}
	}
	sum.Choices, sum.Others = most(sum.Choices), most(sum.Others)
	return sum
}

// people leaves out what nobody did.
func people(ids map[int64]bool) int {
	if ids[0] {
		return len(ids) - 1
	}
	return len(ids)
}

// most are the counts that a page has room for, the highest first.
func most(counts []Count) []Count {
	const room = 40
	slices.SortFunc(counts, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name)) })
	return counts[:min(room, len(counts))]
}

// Totals returns what the API saw of each library so far, sorted.
func (b *Board) Totals() []tally.Row {
	b.mu.Lock()
	defer b.mu.Unlock()
	totals := b.tally.Libraries()
	slices.SortFunc(totals, func(a, b tally.Row) int { return cmp.Compare(a.Library, b.Library) })
	return totals
}
