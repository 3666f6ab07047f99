package bb_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/clock"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/crashtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/filesystem"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// machine is where a bot runs: one process after another, with one clock and one
// disk, which outlive them.
type machine struct {
	world  *simulation
	n      int
	habits habits
	clock  clock.Clock
	lied   atomic.Int64 // nanoseconds by which the clock may have made older what waited
	ill    spans        // when the disk did not work
	synced time.Time    // what was accepted before is on disk, but where that did not work

	running *process // nil: none
	ended   []*process

	mu   sync.Mutex      // guards what follows
	disk *crashtest.Disk // nil: there is none
	fuse int             // changes of the disk until the process dies; 0: it does not
	fell bool            // and the power fails with it
}

// habits are what the author of a bot chose, and what the bot does.
type habits struct {
	foreign bool // a transport of its own, which panics at times
	atOnce  int  // requests
	room    int  // events in memory; 0: enough
	fsync   bool
	maxAge  time.Duration
	onDrop  string
	logger  string
	debug   bool
}

// process is a run of the bot.
type process struct {
	world   *simulation
	machine *machine
	habits  habits
	n       int
	client  *bb.Client
	store   store.Store
	member  *member // nil: nothing is shared
	wires   wires
	begun   chan struct{} // closed when it has a client
	life    context.Context
	end     context.CancelFunc // of its life
	bot     atomic.Int64       // whose update is handled

	dead       atomic.Bool
	closing    bool // Shutdown was called; guarded by books.mu
	started    time.Time
	died       time.Time
	diedIn     int  // step
	fell       bool // the power failed
	freeze     atomic.Bool
	requests   atomic.Int64
	unanswered atomic.Int64 // requests that the API never saw
	lines      atomic.Int64

	confirmed []time.Time // when the API said that it has an event; guarded by books.mu
}

func (p *process) String() string { return fmt.Sprintf("process %d on machine %d", p.n, p.machine.n) }

// start begins the next process of a machine.
func (m *machine) start() {
	w := m.world
	w.processes++
	disk := m.currentDisk()
	p := &process{world: w, machine: m, habits: m.habits, n: w.processes, begun: make(chan struct{}), started: time.Now()}
	p.life, p.end = context.WithCancel(context.Background())
	cfg := bb.Config{
		Enabled: true, BaseURL: "http://bb.test", IntegrationKey: testKey, MaxInFlight: m.habits.atOnce, MaxAge: m.habits.maxAge,
		Capture:    bb.Capture{Commands: true, Buttons: true, StartParams: []string{""}},
		BeforeSend: p.beforeSend, OnDrop: p.onDrop, Logger: slog.New(&simulatedLog{p}),
	}
	switch w.kind {
	case "memory":
		cfg.Outbox = bb.MemoryOutbox(m.habits.room)
	case "disk":
		opts := []bbdisk.Option{func(o *filesystem.Options) {
			o.System, o.Clock, o.Segment = disk.Process(), &m.clock, 2<<10
		}}
		if m.habits.fsync {
			opts = append(opts, bbdisk.WithFsync())
		}
		box, err := bbdisk.Open(crashtest.Folder, opts...)
		if err != nil {
			w.books.fail("Open = %v", err)
			return
		}
		cfg.Outbox = box
	case "shared":
		p.member = w.hub.join()
		cfg.Outbox = store.NewHandle(freezing{p.member, p})
		cfg.Throttle = throttle.NewHandle(w.claims)
	}
	if m.habits.foreign {
		transport := &http.Transport{DialContext: p.dial}
		cfg.Transport = &foreign{Transport: transport, process: p}
		context.AfterFunc(p.life, transport.CloseIdleConnections)
	}
	client, err := bb.NewIn(cfg, &m.clock, p.dial)
	if err != nil {
		w.books.fail("New = %v", err)
		return
	}
	p.client, p.store = client, cfg.Outbox.Place().Store
	close(p.begun)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = p
}

// foreign is a transport that panics, or ends its goroutine, now and then.
type foreign struct {
	*http.Transport
	process *process
	calls   atomic.Int64
}

func (f *foreign) RoundTrip(r *http.Request) (*http.Response, error) {
	switch n := f.calls.Add(1) % 20; {
	case f.process.world.healed.Load():
	case n == 7:
		f.process.unanswered.Add(1)
		panic(testKey)
	case n == 13:
		f.process.unanswered.Add(1)
		runtime.Goexit()
	}
	return f.Transport.RoundTrip(r)
}

// freezing stops the process right after it took something, for longer than its
// lease, if it has to.
type freezing struct {
	*member
	process *process
}

func (f freezing) Take(early bool, lasts time.Duration) (r store.Record, found bool, wait time.Duration, err error) {
	r, found, wait, err = f.member.Take(early, lasts)
	if found && f.process.freeze.Swap(false) {
		f.process.world.books.freeze(f.process, r.Body)
		time.Sleep(lasts + time.Minute)
	}
	return r, found, wait, err
}

// beforeSend sees every event before it is accepted.
func (p *process) beforeSend(ev bb.Event) (bb.Event, bool) {
	switch ev.Name {
	case "filtered":
		return ev, false
	case "panics":
		panic(testKey)
	}
	if !p.dead.Load() {
		p.world.books.accept(p, ev)
	}
	return ev, true
}

// onDrop notes what it gets before it misbehaves.
func (p *process) onDrop(ev bb.Event, reason bb.DropReason) {
	if p.dead.Load() {
		return
	}
	p.world.books.drop(p, ev, reason)
	switch p.habits.onDrop {
	case "panics":
		panic(testKey)
	case "exits":
		runtime.Goexit()
	case "hangs":
		<-p.life.Done()
	case "sends":
		<-p.begun
		if ev.Name != fromOnDrop {
			p.client.Send(bb.Event{Name: fromOnDrop, Payload: bb.Payload{"n": p.world.books.next()}})
		}
	}
}

// isDeaf reports whether OnDrop did not get every event that this machine
// dropped, or any one that shares with it.
func (p *process) isDeaf() bool {
	for _, m := range p.world.machines {
		if m != p.machine && p.world.kind != "shared" {
			continue
		}
		for _, other := range append(m.ended, m.running) {
			if other != nil && other.habits.onDrop == "hangs" {
				return true
			}
		}
	}
	return false
}

// leavesTo reports whether what p accepted may come to be another's.
func (p *process) leavesTo(other *process) bool {
	return p.world.kind == "shared" || p.world.kind == "disk" && p.machine == other.machine
}

// simulatedLog reads every line that is written.
type simulatedLog struct{ process *process }

func (l *simulatedLog) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || l.process.habits.debug
}
func (l *simulatedLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *simulatedLog) WithGroup(string) slog.Handler      { return l }

func (l *simulatedLog) Handle(_ context.Context, r slog.Record) error {
	p := l.process
	n := p.lines.Add(1)
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text := a.Value.String()
		if a.Value.Kind() == slog.KindString && (len(text) > 400 || strings.ContainsFunc(text, unicode.IsControl)) {
			p.world.books.fail("%v wrote %q: %.500q", p, r.Message, text)
		}
		line += " " + text
		return true
	})
	p.world.noKeyIn(line)
	switch {
	case p.habits.logger == "panics":
		panic(testKey)
	case p.habits.logger == "exits" && n%5 == 4:
		runtime.Goexit()
	case p.habits.logger == "hangs" && n > 5:
		<-p.life.Done()
	}
	return nil
}

// jump changes the clock of a machine.
func (m *machine) jump(d time.Duration) {
	m.clock.Jump(d)
	m.lied.Add(int64(max(d, 0)))
}

func (m *machine) currentDisk() *crashtest.Disk {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.disk
}

// change is called before and after each change of the disk.
func (m *machine) change() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fuse > 0 {
		if m.fuse--; m.fuse == 0 {
			m.dieLocked()
		}
	}
}

// kill ends the process after so many changes of its disk; 0: now.
func (m *machine) kill(after int, powerFails bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fuse, m.fell = after, powerFails && m.disk != nil
	if after == 0 {
		m.dieLocked()
	}
}

// dieLocked is the moment of death: what the process does from now on changes
// nothing.
func (m *machine) dieLocked() {
	p := m.running
	if p == nil || p.dead.Swap(true) {
		return
	}
	p.died, p.diedIn, p.fell = time.Now(), int(m.world.step.Load()), m.fell
	switch {
	case p.member != nil:
		p.member.die()
	case m.disk != nil && m.fell:
		m.disk = m.disk.AfterPowerFailure()
	case m.disk != nil:
		m.disk = m.disk.AfterKill()
	}
	if m.disk != nil {
		m.disk.Step = m.change
	}
	p.wires.cutAll()
}

// leave returns the process that runs, which is over.
func (m *machine) leave() *process {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.running
	m.running, m.ended = nil, append(m.ended, p)
	return p
}

// bury notes what went with a process that died, and lets what is left of it end
// out of sight.
func (m *machine) bury() {
	p := m.leave()
	if p.died.Sub(m.ill.worksSince(p.started)) > time.Second {
		m.synced = p.died.Add(-time.Second)
	}
	p.world.books.excuse(m, "killed", func(a *acceptance) bool {
		own := a.by == p
		switch {
		case own && a.step >= p.diedIn: // Send may not have returned
			return true
		case p.world.kind == "memory":
			return own
		case p.world.kind == "shared":
			return own && (p.died.Sub(a.at) <= 10*time.Millisecond || p.world.away.took(a.at, p.died))
		}
		return own && m.ill.took(a.at, p.died) || p.fell && (!p.habits.fsync && !a.at.Before(m.synced) || m.ill.doubts(a.at))
	})
	p.world.background.Go(func() {
		p.end()
		_ = p.client.Shutdown(ended())
	})
}

// spans are times in which something did not work, of which no two overlap.
type spans struct {
	mu  sync.Mutex // guards all
	all []span
}

func (s *spans) any(is func(span) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.all, is)
}

// span is over at to; zero: not yet.
type span struct{ from, to time.Time }

// longestPause is how long a store that failed is left alone.
const longestPause = 6 * time.Second

// took reports whether what was accepted at a moment was in memory only at another:
// it cannot be made safe in a span, and until the store is asked again, which may be
// in the next one. Of a hub it is on its way for 10 ms.
func (s *spans) took(at, now time.Time) bool {
	var from, asked time.Time // when that began; when the store is asked again
	return s.any(func(span span) bool {
		if !span.from.Before(asked) {
			from = span.from.Add(-10 * time.Millisecond)
		}
		asked = span.to.Add(longestPause)
		return !at.Before(from) && (span.to.IsZero() || at.Before(asked) && now.Before(asked.Add(longestPause)))
	})
}

// doubts reports whether the sync failed that was to make safe what was accepted
// at a moment.
func (s *spans) doubts(at time.Time) bool {
	return s.any(func(span span) bool {
		return at.After(span.from.Add(-1100*time.Millisecond)) && (span.to.IsZero() || at.Before(span.to.Add(longestPause)))
	})
}

// worksSince is since when it works, of a time that began at a moment.
func (s *spans) worksSince(begun time.Time) time.Time {
	since := begun
	s.any(func(span span) bool {
		switch again := span.to.Add(longestPause); {
		case span.to.IsZero():
			since = time.Now()
		case again.After(since):
			since = again
		}
		return false
	})
	return since
}

func (s *spans) now() bool { return s.any(func(span span) bool { return span.to.IsZero() }) }

// begin and end do nothing where one has begun, or none.
func (s *spans) begin() {
	if !s.now() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all = append(s.all, span{from: time.Now()})
	}
}

func (s *spans) end() {
	if s.now() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all[len(s.all)-1].to = time.Now()
	}
}
