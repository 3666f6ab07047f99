package bb_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/wire"
)

// books is what is known of every event of a simulation, from the last look before
// it was accepted to its arrival.
type books struct {
	mu      sync.Mutex // guards what follows
	problem string     // the first
	entries map[string]*entry
	keys    map[string][]string // of one event, as it was meant
	count   int
}

// fromOnDrop is the name of events whose drop is not reported.
const fromOnDrop = "dropped"

// entry is a key.
type entry struct {
	what     string // whose key it is
	name     string
	taken    []*acceptance
	arrived  bool
	refused  bool                   // in the API's own word
	frozen   *process               // which held it for longer than its lease, and has no say in it
	failed   map[*process]bool      // requests
	notUntil map[*process]time.Time // as the API asked
}

// acceptance is an event that a process accepted.
type acceptance struct {
	key      string
	by       *process
	at       time.Time // on a clock that is right
	occurred time.Time
	step     int   // of the story
	bot      int64 // whose update it came from; 0: from none
	user     int64
	late     int    // 0: it happened just now, by the clock of the machine; 1: before; 2: over an hour before
	gone     string // why it need not arrive; "": it must
}

func newBooks() *books {
	return &books{entries: make(map[string]*entry), keys: make(map[string][]string)}
}

func (b *books) fail(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failLocked(format, args...)
}

func (b *books) failLocked(format string, args ...any) {
	if b.problem == "" {
		b.problem = fmt.Sprintf(format, args...)
	}
}

func (b *books) firstProblem() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.problem
}

// describe is an event without its key and its date.
func describe(name string, user, chat int64, payload map[string]any) string {
	text, err := json.Marshal(payload)
	return fmt.Sprint(name, user, chat, string(text), err)
}

// accept notes an event that is about to be accepted.
func (b *books) accept(p *process, ev bb.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	what := describe(ev.Name, ev.UserID, ev.ChatID, ev.Payload)
	e := b.entries[ev.IdempotencyKey]
	if e == nil {
		e = &entry{what: what, name: ev.Name, failed: make(map[*process]bool), notUntil: make(map[*process]time.Time)}
		b.entries[ev.IdempotencyKey] = e
		b.keys[what] = append(b.keys[what], ev.IdempotencyKey)
	}
	if e.what != what {
		b.failLocked("%v has one key for two events: %s and %s", p, e.what, what)
	}
	late, now := 0, time.Now()
	switch waited := p.machine.clock.Date(now).Sub(ev.OccurredAt); {
	case waited > time.Hour:
		late = 2
	case waited > 5*time.Second:
		late = 1
	}
	e.taken = append(e.taken, &acceptance{
		key: ev.IdempotencyKey, by: p, at: now, occurred: ev.OccurredAt.UTC().Truncate(time.Microsecond), step: int(p.world.step.Load()), bot: p.bot.Load(), user: ev.UserID, late: late,
	})
}

// known returns the entry of a request.
func (b *books) known(x *exchange) *entry {
	e := b.entries[x.event.Key]
	if e == nil {
		b.failLocked("%v sent %+v, which nobody accepted", x.from, x.event)
		return &entry{failed: make(map[*process]bool), notUntil: make(map[*process]time.Time)}
	}
	return e
}

// asked checks a request: whose it is, that its date is the one it was accepted
// with, and that the API did not ask for silence.
func (b *books) asked(x *exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.known(x)
	if what := describe(x.event.Name, x.event.UserID, x.event.ChatID, x.event.Payload); what != e.what {
		b.failLocked("%v sent %s as %s", x.from, e.what, what)
	}
	if !slices.ContainsFunc(e.taken, func(a *acceptance) bool { return a.occurred.Equal(x.event.OccurredAt) }) {
		b.failLocked("%v moved %s to %v; it was accepted as of %v", x.from, e.what, x.event.OccurredAt, e.taken[0].occurred)
	}
	if early := time.Until(e.notUntil[x.from]); early > 0 && len(e.taken) == 1 && e.frozen != x.from { // else two may be on their way
		b.failLocked("%v sent %s %v before its Retry-After", x.from, e.what, early)
	}
	x.from.requests.Add(1)
}

// freeze notes that a process stops with an event in its hands.
func (b *books) freeze(p *process, body []byte) {
	event, err := wire.Decode(body)
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.entries[event.Key]; err == nil && e != nil {
		e.frozen = p
	}
}

func (b *books) mustWait(x *exchange, d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known(x).notUntil[x.from] = time.Now().Add(d)
}

func (b *books) failed(x *exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known(x).failed[x.from] = true
}

func (b *books) refuse(x *exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known(x).refused = true
}

// good notes that the API is about to say that it has the event.
func (b *books) good(x *exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x.from.confirmed = append(x.from.confirmed, time.Now())
}

func (b *books) arrive(x *exchange) (known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.known(x)
	known, e.arrived = e.arrived, true
	return known
}

// confirmedSince is how often the API confirmed an event to a process after a
// moment and before now.
func (b *books) confirmedSince(p *process, begun time.Time) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for _, at := range p.confirmed {
		if at.After(begun) && at.Before(now) {
			n++
		}
	}
	return n
}

func (b *books) confirmedTo(p *process) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return uint64(len(p.confirmed))
}

// drop notes what OnDrop got from a process, and whether it may.
func (b *books) drop(p *process, ev bb.Event, reason bb.DropReason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[ev.IdempotencyKey]
	if reason == bb.DropClosed && e == nil {
		return // sent after the end
	}
	if e == nil {
		b.failLocked("%v dropped %+v as %s, which it never accepted", p, ev, reason)
		return
	}
	allowed := false
	switch reason {
	case bb.DropRefused:
		allowed = e.refused
	case bb.DropQueueFull:
		allowed = p.habits.room > 0 && ev.Name != fromOnDrop // which it does not get
	case bb.DropClosed:
		now := time.Now()
		allowed = p.closing && (p.world.kind == "memory" || p.machine.ill.took(now, now) || p.world.away.took(now, now))
	case bb.DropExpired:
		allowed = b.mayExpire(p, e)
	}
	if !allowed {
		b.failLocked("%v dropped %s as %s", p, e.what, reason)
	}
	if reason == bb.DropClosed && p.world.healed.Load() {
		return // there was time enough
	}
	for _, a := range e.taken {
		// What is dropped was accepted by this process, or left to it.
		if a.by == p || reason != bb.DropQueueFull && a.by.leavesTo(p) {
			a.gone = string(reason)
		}
	}
}

// mayExpire reports whether an event is past its age, by a clock that is right or
// by one that a later process believed; those of earlier processes only after a
// request of this one failed.
func (b *books) mayExpire(p *process, e *entry) bool {
	own := false
	old := false
	for _, a := range e.taken {
		age := time.Since(a.at)
		if a.by != p {
			age += time.Duration(p.machine.lied.Load()) // which is nothing where times are the hub's
		} else {
			own = true
		}
		old = old || age >= p.habits.maxAge
	}
	return old && (own || e.failed[p] || p.unanswered.Load() > 0)
}

// excuse gives up what was accepted on a machine and has not arrived, if may allows
// it.
func (b *books) excuse(m *machine, why string, may func(*acceptance) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		for _, a := range e.taken {
			if a.by.machine == m && a.gone == "" && !e.arrived && may(a) {
				a.gone = why
			}
		}
	}
}

// missing returns what must have arrived and has not. unheard is how many drops
// nobody heard of.
func (b *books) missing(before time.Time) (missing []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, e := range b.entries {
		if e.arrived || strings.HasPrefix(e.name, "poison ") || e.name == refusedEvent || e.name == fromOnDrop {
			continue
		}
		for _, a := range e.taken {
			if a.by.world.kind == "shared" && e.name == bb.EventActivity {
				break // another replica may have had one
			}
			if a.gone == "" && a.at.Before(before) && !a.by.isDeaf() {
				missing = append(missing, fmt.Sprintf("%s with the key %s, accepted by %v in step %d at %v", e.what, key, a.by, a.step, a.at.Format("02 15:04:05.000")))
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// keysOf is how many keys an event has.
func (b *books) keysOf(what string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.keys[what])
}

// activities returns those of each bot's user that count.
func (b *books) activities(counts func(*entry, *acceptance) bool) map[[2]int64][]*acceptance {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[[2]int64][]*acceptance)
	for _, e := range b.entries {
		if e.name != bb.EventActivity {
			continue
		}
		for _, a := range e.taken {
			if counts(e, a) {
				who := [2]int64{a.bot, a.user}
				all[who] = append(all[who], a)
			}
		}
	}
	return all
}

// next is a number that is given once.
func (b *books) next() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	return b.count
}

// close notes that a process is asked to end.
func (b *books) close(p *process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.closing = true
}
