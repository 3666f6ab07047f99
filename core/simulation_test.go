package bb_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/crashtest"
)

// simulation is a bot on one to three machines, the API, Telegram, and all that
// happens to them, in fake time. A seed decides what happens; how goroutines take
// turns it does not decide, nor the client's own chance, so what is checked holds
// for all of them.
type simulation struct {
	seed     uint64
	random   *rand.Rand // of the story: the API and the disks have chance of their own
	kind     string     // of outbox: memory, disk or shared
	machines []*machine
	api      *unsteadyAPI
	books    *books
	hub      *hub
	claims   *claims
	away     spans // when the hub was
	updates  []bb.Update

	healed     atomic.Bool // nothing goes wrong any more
	step       atomic.Int64
	told       []string // the story so far
	processes  int
	background sync.WaitGroup // what is left of processes that are over
}

// documented is how long it takes at most until what could be delivered is, once
// all is well again: what the API asked for, 10 minutes, and an event's own delay.
const documented = 20 * time.Minute

func TestSimulation(t *testing.T) {
	seeds := 50
	if long, err := strconv.Atoi(os.Getenv("BB_CHAOS_ROUNDS")); err == nil {
		seeds = long
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newSimulation(seed)
				w.run()
				if problem := w.books.firstProblem(); problem != "" {
					t.Errorf("%s\n%s\nreplay: BB_CHAOS_ROUNDS=%d go test -count=10 -run 'TestSimulation/seed=%d$' ./core",
						strings.Join(w.told, "\n"), problem, seed+1, seed)
				}
			})
		})
	}
}

func newSimulation(seed uint64) *simulation {
	w := &simulation{seed: seed, random: rand.New(rand.NewPCG(seed, 18)), books: newBooks(), hub: newHub(), claims: newClaims()}
	w.api = &unsteadyAPI{seed: seed, books: w.books, asked: make(map[string]int)}
	w.kind = pick(w, "memory", "disk", "shared")
	for n := range 1 + w.random.IntN(3) {
		m := &machine{world: w, n: n, habits: habits{
			foreign: w.oneIn(4),
			atOnce:  pick(w, 0, 1, 3),
			room:    pick(w, 0, 0, 20),
			fsync:   w.oneIn(2),
			maxAge:  pick(w, bb.DefaultMaxAge, bb.DefaultMaxAge, time.Hour),
			onDrop:  pick(w, "", "", "panics", "exits", "sends", "hangs"),
			logger:  pick(w, "", "", "panics", "exits", "hangs"),
			debug:   w.oneIn(3),
		}}
		if w.kind == "disk" {
			m.disk = crashtest.New(seed*10 + uint64(n))
			m.disk.Step = m.change
		}
		if w.oneIn(2) {
			m.jump(pick(w, -56*365*24*time.Hour, -time.Hour, 3*24*time.Hour))
		}
		w.machines = append(w.machines, m)
	}
	return w
}

func pick[T any](w *simulation, from ...T) T { return from[w.random.IntN(len(from))] }

func (w *simulation) oneIn(n int) bool { return w.random.IntN(n) == 0 }

// run tells the story, from one step to the next.
func (w *simulation) run() {
	for _, m := range w.machines {
		w.tell("machine %d begins: outbox %s, %+v", m.n, w.kind, m.habits)
		m.start()
	}
	for range 100 {
		if w.next(w.pause()); w.books.firstProblem() != "" {
			break
		}
		m := pick(w, w.machines...)
		if m.running == nil {
			w.tell("machine %d starts", m.n)
			m.start()
			continue
		}
		w.happen(m)
	}
	w.heal()
	w.end()
}

// pause is how long nothing happens: mostly short, at times for hours.
func (w *simulation) pause() time.Duration {
	return time.Millisecond<<w.random.IntN(24) + time.Duration(w.random.IntN(1e6))
}

// happen lets something happen on a machine whose bot runs, or to all.
func (w *simulation) happen(m *machine) {
	switch n := w.random.IntN(100); {
	case n < 35:
		for range 1 + w.random.IntN(8) {
			w.arrive(m, 0)
		}
	case n < 45:
		w.again(m)
	case n < 55:
		w.send(m)
	case n < 72:
		w.changeWeather()
	case n < 77:
		m.jump(pick(w, -56*365*24*time.Hour, -time.Hour, time.Hour, 13*24*time.Hour, 56*365*24*time.Hour))
		w.tell("machine %d shows %v", m.n, m.clock.Date(time.Now()))
	case n < 82:
		w.flush(m, pick(w, 0, time.Second, time.Minute))
	case n < 86:
		w.shutdown(m, pick(w, 0, 10*time.Millisecond, time.Second, 5*time.Second, time.Minute))
	case n < 92:
		power, after := w.oneIn(2), 0
		if m.disk != nil && w.oneIn(2) {
			after = w.random.IntN(30)
		}
		w.tell("machine %d: its process dies after %d changes of the disk; the power fails: %v", m.n, after, power)
		m.kill(after, power)
	case n < 95:
		w.night(m)
	default:
		w.ail(m)
	}
}

// arrive has Telegram deliver an update that waited for a time.
func (w *simulation) arrive(m *machine, waited time.Duration) {
	n := int64(len(w.updates))
	u := bb.Update{BotID: 42 + n%2, BotUsername: "bot", ID: 1000 + n, ChatType: "private", Kind: "message", Date: time.Now().Add(-waited)}
	u.UserID = 1 + int64(w.random.IntN(4))
	u.ChatID = u.UserID
	switch w.random.IntN(4) {
	case 0:
		u.Text = fmt.Sprint("/start ad", n)
	case 1:
		u.Text = fmt.Sprint("/go", n)
	case 2:
		u.Kind, u.CallbackData, u.Date = "callback_query", fmt.Sprint("team_", n), time.Time{}
	default:
		u.Text = "hello"
	}
	w.updates = append(w.updates, u)
	w.deliver(m, u)
}

// again has Telegram deliver an update once more, to whatever machine.
func (w *simulation) again(m *machine) {
	for range min(len(w.updates), 1+w.random.IntN(5)) {
		w.deliver(m, w.updates[max(0, len(w.updates)-1-w.random.IntN(20))])
	}
}

// night has Telegram deliver what came while no bot was there.
func (w *simulation) night(m *machine) {
	w.tell("updates of a night come to machine %d", m.n)
	for hours := 10.0; hours > 0; hours -= w.random.Float64() {
		w.arrive(m, time.Duration(hours*float64(time.Hour)))
	}
}

// deliver has a bot see an update by several doors, and its handler send events,
// some equal on purpose: as many as there were before, under the same keys.
func (w *simulation) deliver(m *machine, u bb.Update) {
	p := m.running
	p.bot.Store(u.BotID)
	begun := time.Now()
	for range 1 + w.random.IntN(3) {
		p.client.Observe(u)
	}
	tracker := p.client.Observe(u)
	equal := 1 + int(u.ID%3)
	payload := bb.Payload{"update": u.ID, "team": "bra"}
	var handlers sync.WaitGroup
	for range equal {
		handlers.Go(func() { tracker.ChoiceMade(payload) })
	}
	handlers.Wait()
	switch w.api.chance(8, "handler", u.ID) {
	case 0:
		tracker.Track(refusedEvent, payload)
	case 1:
		tracker.Track("panics", payload)
	case 2:
		tracker.Track("filtered", payload)
	}
	if took := time.Since(begun); took > 0 {
		w.books.fail("%v held a handler up for %v", p, took)
	}
	if got := w.books.keysOf(describe(bb.EventChoiceMade, u.UserID, u.ChatID, payload)); got != equal && !p.dead.Load() {
		w.books.fail("%d equal events of update %d have %d keys", equal, u.ID, got)
	}
}

// send has a bot send events that stem from no update.
func (w *simulation) send(m *machine) {
	p := m.running
	p.bot.Store(0)
	name := "order_paid"
	if len(w.updates) > 0 && w.oneIn(8) {
		name = "poison " + pick(w, poisons...)
		w.tell("%v sends an event that always meets %s", p, name)
	}
	p.client.For(7, 0).Track(name, bb.Payload{"n": w.books.next()})
	for range w.random.IntN(30) {
		p.client.Send(bb.Event{Name: "order_paid", Payload: bb.Payload{"n": w.books.next()}})
	}
}

// changeWeather changes what requests meet.
func (w *simulation) changeWeather() {
	next := weather{number: int(w.step.Load()), since: time.Now()}
	if w.oneIn(2) {
		next.meets, next.whom = pick(w, names(troubles)...), pick(w, "all", "events", "requests")
	}
	w.api.setWeather(next)
	w.tell("%v", next)
}

// ail has what is below an outbox fail, or work again.
func (w *simulation) ail(m *machine) {
	switch {
	case w.kind == "shared" && w.oneIn(2):
		m.running.freeze.Store(true)
		w.tell("%v freezes when it has taken something", m.running)
	case w.kind == "shared" && w.away.now():
		w.comeBack()
	case w.kind == "shared":
		w.tell("the hub is away")
		w.away.begin()
		w.hub.setAway(true)
	case w.kind == "disk" && m.ill.now():
		m.recover()
	case w.kind == "disk":
		m.ill.begin()
		if w.oneIn(2) {
			m.currentDisk().SetRoom(w.random.IntN(2000))
			w.tell("the disk of machine %d is full", m.n)
		} else {
			m.currentDisk().SetIll(syscall.EIO)
			w.tell("the disk of machine %d fails", m.n)
		}
	}
}

func (w *simulation) comeBack() {
	w.tell("the hub is there")
	w.away.end()
	w.hub.setAway(false)
}

func (m *machine) recover() {
	m.world.tell("the disk of machine %d works", m.n)
	m.ill.end()
	m.currentDisk().SetIll(nil)
	m.currentDisk().SetRoom(crashtest.Plenty)
}

// flush has a bot wait, as a serverless one does.
func (w *simulation) flush(m *machine, within time.Duration) {
	p := m.running
	w.tell("%v: Flush within %v", p, within)
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	begun := time.Now()
	err := p.client.Flush(ctx)
	w.checkPatience(p, "Flush", begun, within, err)
	if own, _ := p.store.Len(); err == nil && own > 0 && !p.dead.Load() && p.habits.onDrop != "sends" {
		w.books.fail("%v: Flush = nil, and %d events wait", p, own)
	}
}

// shutdown ends a bot as its author wished.
func (w *simulation) shutdown(m *machine, within time.Duration) {
	p := m.running
	w.tell("%v: Shutdown within %v", p, within)
	w.books.close(p)
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	begun := time.Now()
	err := p.client.Shutdown(ctx)
	w.checkPatience(p, "Shutdown", begun, within, err)
	p.client.Send(bb.Event{Name: "late"})
	if p.dead.Load() {
		return
	}
	synctest.Wait()
	w.check(p)
	if m.leave().end(); err == nil {
		m.synced = time.Now()
	}
	synctest.Wait()
	if open := p.wires.count(); open > 0 {
		w.books.fail("%v left %d connections open", p, open)
	}
	if m.disk != nil && m.disk.Open() > 0 {
		w.books.fail("%v left %d files open", p, m.disk.Open())
	}
}

// next begins a step: time passes, and what must hold at any quiet moment is
// checked.
func (w *simulation) next(pause time.Duration) {
	time.Sleep(pause)
	synctest.Wait()
	w.step.Add(1)
	for _, m := range w.machines {
		if m.running == nil {
			continue
		}
		if m.running.dead.Load() {
			m.bury()
			continue
		}
		w.check(m.running)
	}
}

// tell adds a line to the story.
func (w *simulation) tell(format string, args ...any) {
	w.told = append(w.told, fmt.Sprintf("%3d %s %s", w.step.Load(), time.Now().Format("02 15:04:05.000"), fmt.Sprintf(format, args...)))
}
