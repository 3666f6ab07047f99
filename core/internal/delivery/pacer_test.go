package delivery

import (
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// bench is a pacer whose pauses are not random, and a clock.
type bench struct {
	*testing.T
	pacer
	now time.Time
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, pacer: newPacer(16), now: time.Unix(1_700_000_000, 0)}
	b.jitter = func(d time.Duration) time.Duration { return d }
	return b
}

func record(id uint64, attempts int) store.Record {
	return store.Record{ID: store.ID{Lo: id}, Attempts: attempts}
}

var (
	good    = verdict{class: delivered}
	refusal = verdict{class: refused}
	failure = verdict{class: transient}
	slow    = verdict{class: transient, overload: true}
	wrong   = verdict{class: setup}
)

// ask acquires a permit for one request for r and reports v at once.
func (b *bench) ask(r store.Record, v verdict) time.Duration {
	b.Helper()
	p, next, ok := b.acquire(b.now)
	if !ok {
		b.Fatalf("no request may go until %v", next.Sub(b.now))
	}
	delay := b.report(r, p, v, b.now)
	b.release(p)
	return delay
}

// askLater is ask once the gate's pause is over.
func (b *bench) askLater(r store.Record, v verdict) {
	b.Helper()
	b.now = b.now.Add(b.pause())
	b.ask(r, v)
}

// pause is how long no request may go.
func (b *bench) pause() time.Duration {
	p, next, ok := b.acquire(b.now)
	if ok {
		b.release(p)
		return 0
	}
	return next.Sub(b.now)
}

func TestGateClosesAtTheThirdFailureInARow(t *testing.T) {
	b := newBench(t)
	for id := range uint64(2) {
		b.ask(record(id, 0), failure)
		if b.pause() != 0 {
			t.Fatalf("closed after %d failures", id+1)
		}
	}
	b.ask(record(2, 0), good)
	for id := range uint64(3) {
		b.ask(record(10+id, 0), failure)
	}
	if got := b.pause(); got != firstPause {
		t.Errorf("pause = %v, want %v", got, firstPause)
	}
}

func TestGateStaysOpenForOneEvent(t *testing.T) {
	b := newBench(t)
	for n := range 20 {
		if delay := b.ask(record(1, n), failure); delay != min(firstPause<<n, longestLoneDelay) && n < 10 {
			t.Errorf("failure %d: due again after %v", n, delay)
		}
	}
	if got := b.pause(); got != 0 {
		t.Errorf("pause = %v, want none", got)
	}
}

func TestGateClosesAtOnce(t *testing.T) {
	for name, v := range map[string]verdict{
		"set-up": wrong, "Retry-After": {class: transient, retryAfter: time.Millisecond},
	} {
		b := newBench(t)
		b.ask(record(1, 0), v)
		if b.pause() == 0 {
			t.Errorf("%s: the gate is open", name)
		}
	}
}

func TestPausesDouble(t *testing.T) {
	b := newBench(t)
	b.ask(record(1, 0), wrong)
	want := firstPause
	for range 12 {
		if got := b.pause(); got != want {
			t.Fatalf("pause = %v, want %v", got, want)
		}
		b.now = b.now.Add(want)
		b.ask(record(1, 1), wrong)
		want = min(2*want, longestPause)
	}
	b.now = b.now.Add(longestPause)
	b.ask(record(2, 0), refusal)
	if got := b.pause(); got != 0 {
		t.Errorf("pause after a refused event = %v, want none", got)
	}
}

func TestOneProbeAtATime(t *testing.T) {
	b := newBench(t)
	b.ask(record(1, 0), wrong)
	b.now = b.now.Add(firstPause)
	p, _, ok := b.acquire(b.now)
	if !ok || !p.probe {
		t.Fatalf("acquire = %+v, %v; want a probe", p, ok)
	}
	if _, _, ok := b.acquire(b.now); ok {
		t.Error("a second probe may go")
	}
	b.release(p)
	if _, _, ok := b.acquire(b.now); !ok {
		t.Error("after a probe was not used, none may go")
	}
}

func TestSuspectMovesItsOwnDelayOnly(t *testing.T) {
	b := newBench(t)
	for n := 1; n < 30; n++ {
		b.ask(record(1, 0), good)
		if delay, want := b.ask(record(9, n), failure), backoff(n, longestOwnDelay); delay != want {
			t.Errorf("attempt %d: due again after %v, want %v", n, delay, want)
		}
	}
	if b.pause() != 0 || b.gate.failures != 0 {
		t.Error("the gate took note of a suspect")
	}
	// The first failure of an event is no suspect's, nor is any while nothing
	// is delivered.
	b.ask(record(1, 0), good)
	b.ask(record(2, 0), failure)
	b.ask(record(3, 5), failure)
	if b.gate.failures != 2 {
		t.Errorf("the gate took note of %d failures, want 2", b.gate.failures)
	}
	b.ask(record(1, 0), wrong)
	b.now = b.now.Add(time.Hour)
	b.gate.good = true // as after a late success that did not open it
	if delay := b.ask(record(4, 5), failure); delay != 0 {
		t.Errorf("a probe is due again after %v, want with the gate", delay)
	}
}

func TestLimit(t *testing.T) {
	b := newBench(t)
	for want := 2; want <= 16; want++ {
		b.ask(record(1, 0), good)
		if b.limit.now != want {
			t.Fatalf("limit = %d, want %d", b.limit.now, want)
		}
	}
	b.ask(record(1, 0), good)
	if b.limit.now != 16 {
		t.Errorf("limit = %d, above its maximum", b.limit.now)
	}
	b.ask(record(1, 0), slow)
	if b.limit.now != 8 {
		t.Errorf("limit after an overload = %d, want 8", b.limit.now)
	}
	for range 8 {
		b.ask(record(1, 0), good)
	}
	if b.limit.now != 9 {
		t.Errorf("limit one round after an overload = %d, want 9", b.limit.now)
	}
	b.ask(record(2, 0), wrong)
	if b.limit.now != 1 {
		t.Errorf("limit behind a closed gate = %d, want 1", b.limit.now)
	}
}

func TestUrge(t *testing.T) {
	b := newBench(t)
	b.ask(record(1, 0), wrong)
	b.askLater(record(1, 1), wrong) // lengthens the pause to 1 s
	pauses := b.gate.pauses
	if !b.urge(b.now) {
		t.Fatal("a probe is not let through")
	}
	b.ask(record(1, 2), wrong)
	if b.gate.pauses != pauses {
		t.Error("a probe ahead of its time lengthened the pauses")
	}
	if b.urge(b.now.Add(urgeEvery - 1)) {
		t.Error("a second probe within a second")
	}
	b.now = b.now.Add(urgeEvery)
	if !b.urge(b.now) {
		t.Fatal("no probe after a second")
	}
	p, _, _ := b.acquire(b.now)
	if b.urge(b.now.Add(time.Minute)) {
		t.Error("a probe beside one that is on its way")
	}
	b.report(record(1, 2), p, good, b.now)
	b.release(p)
	b.ask(record(1, 0), verdict{class: transient, retryAfter: time.Hour})
	if b.urge(b.now.Add(time.Minute)) {
		t.Error("a probe while the API asked for silence")
	}
}
