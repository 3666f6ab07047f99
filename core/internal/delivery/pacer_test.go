package delivery

import (
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
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
	good    = endpoint.Verdict{Class: endpoint.Delivered}
	refusal = endpoint.Verdict{Class: endpoint.Refused}
	failure = endpoint.Verdict{Class: endpoint.Transient}
	slow    = endpoint.Verdict{Class: endpoint.Transient, Overload: true}
	wrong   = endpoint.Verdict{Class: endpoint.Setup}
)

func wait(d time.Duration) endpoint.Verdict {
	return endpoint.Verdict{Class: endpoint.Transient, Overload: true, RetryAfter: d}
}

func limitFor(d time.Duration) endpoint.Verdict {
	return endpoint.Verdict{Class: endpoint.Transient, Overload: true, Limited: true, RetryAfter: d}
}

// begin acquires a permit and sends its request.
func (b *bench) begin() permit {
	b.Helper()
	p, next, ok := b.acquire(b.now)
	if !ok || !b.start(&p, b.now) {
		b.Fatalf("no request may go until %v", next.Sub(b.now))
	}
	return p
}

func (b *bench) end(r store.Record, p permit, v endpoint.Verdict) time.Duration {
	delay := b.report(r, p, v, b.now)
	b.release(p)
	return delay
}

// ask makes one request for r, which is answered a millisecond later.
func (b *bench) ask(r store.Record, v endpoint.Verdict) time.Duration {
	b.Helper()
	p := b.begin()
	b.now = b.now.Add(time.Millisecond)
	return b.end(r, p, v)
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

// Whatever one event got, another may contradict it at once; two are believed.
func TestTwoEventsCloseTheGate(t *testing.T) {
	b := newBench(t)
	if delay := b.ask(record(1, 0), wrong); delay != firstPause+turn {
		t.Errorf("the event is due again after %v, want %v", delay, firstPause+turn)
	}
	p := b.begin()
	if _, _, ok := b.acquire(b.now); ok || !p.probe {
		t.Fatal("more than one other event may go")
	}
	b.end(record(2, 0), p, wrong)
	if b.pause() == 0 {
		t.Error("the gate is open after two events met a wrong set-up")
	}
}

func TestPausesDouble(t *testing.T) {
	b := newBench(t)
	b.ask(record(1, 0), wrong)
	b.ask(record(2, 0), wrong)
	want := firstPause - time.Millisecond
	for range 12 {
		if got := b.pause(); got != want {
			t.Fatalf("pause = %v, want %v", got, want)
		}
		b.now = b.now.Add(want)
		want = min(firstPause<<b.pauses, longestPause)
		b.ask(record(1, 1), wrong)
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

// A permit is worth nothing once the gate has closed.
func TestPermitsThatAreOutMeetAClosedGate(t *testing.T) {
	b := newBench(t)
	b.ask(record(1, 0), good)
	first, _, _ := b.acquire(b.now)
	second, _, ok := b.acquire(b.now)
	if !ok || !b.start(&first, b.now) {
		t.Fatal("two requests may not go")
	}
	b.end(record(2, 0), first, wait(time.Minute))
	if b.start(&second, b.now) {
		t.Error("a request goes although the API asked for silence")
	}
}

// For every class: as soon as another event, sent no earlier, is taken, the one
// that failed speaks for itself alone.
func TestSuspectMovesItsOwnDelayOnly(t *testing.T) {
	for name, v := range map[string]endpoint.Verdict{
		"500": failure, "timeout": slow, "403": wrong, "503 for a minute": wait(time.Minute), "429 for a minute": limitFor(time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.ask(record(1, 0), good)
			poison := b.begin()
			other := b.begin()
			b.end(record(9, 0), poison, v)
			b.end(record(2, 0), other, good)
			if b.pause() != 0 {
				t.Fatal("the gate is closed although another event was taken")
			}
			for n := 1; n < 30; n++ {
				b.ask(record(1, 0), good)
				want := max(backoff(n, longestOwnDelay), v.RetryAfter)
				if delay := b.ask(record(9, n), v); delay != want {
					t.Errorf("attempt %d: due again after %v, want %v", n, delay, want)
				}
				if b.pause() != 0 || b.down() {
					t.Fatal("a suspect event closed the gate")
				}
				b.now = b.now.Add(backoff(n, longestOwnDelay))
			}
		})
	}
}

// An event that was sent before a failure proves nothing about what came after.
func TestEarlierRequestContradictsNothing(t *testing.T) {
	b := newBench(t)
	b.ask(record(1, 0), good)
	earlier := b.begin()
	b.now = b.now.Add(time.Millisecond)
	b.end(record(2, 0), b.begin(), wait(time.Minute))
	b.end(record(3, 0), earlier, good)
	if b.pause() != time.Minute {
		t.Errorf("pause = %v, want the minute that the API asked for", b.pause())
	}
}

// Two events that were answered 429, too many requests, are believed,
// whatever is on its way.
func TestTwoLimitedEventsAreBelieved(t *testing.T) {
	b := newBench(t)
	for id := range uint64(4) {
		b.ask(record(id, 0), good)
	}
	first, second, third := b.begin(), b.begin(), b.begin()
	b.end(record(11, 0), first, limitFor(time.Minute))
	b.end(record(12, 0), second, limitFor(time.Minute))
	b.end(record(13, 0), third, good)
	if b.pause() != time.Minute {
		t.Errorf("pause = %v, want the minute that the API asked for", b.pause())
	}
}

// When nothing is taken any more, those that were suspect are heard again.
func TestSuspectsSpeakAgainInAnOutage(t *testing.T) {
	b := newBench(t)
	for id := range uint64(3) {
		b.ask(record(id, 0), failure)
		b.ask(record(100, 0), good)
	}
	b.now = b.now.Add(2 * firstPause)
	for id := range uint64(3) {
		b.ask(record(id, 1), failure)
	}
	if b.pause() == 0 {
		t.Error("the gate is open")
	}
}

func TestLimit(t *testing.T) {
	b := newBench(t)
	for want := 2; want <= 16; want++ {
		b.ask(record(1, 0), good)
		if b.limit != want {
			t.Fatalf("limit = %d, want %d", b.limit, want)
		}
	}
	b.ask(record(1, 0), good)
	if b.limit != 16 {
		t.Errorf("limit = %d, above its maximum", b.limit)
	}
	b.ask(record(1, 0), slow)
	if b.limit != 8 {
		t.Errorf("limit after an overload = %d, want 8", b.limit)
	}
	for range 8 {
		b.ask(record(1, 0), good)
	}
	if b.limit != 9 {
		t.Errorf("limit one round after an overload = %d, want 9", b.limit)
	}
	b.ask(record(2, 0), wrong)
	b.ask(record(3, 0), wrong)
	if b.limit != 1 {
		t.Errorf("limit behind a closed gate = %d, want 1", b.limit)
	}
}

// urged makes one request for r that Flush asks for.
func (b *bench) urged(r store.Record, v endpoint.Verdict) (ok bool) {
	p, ok := b.urge(b.now)
	if ok && b.start(&p, b.now) {
		b.end(r, p, v)
	}
	return ok
}

func TestUrge(t *testing.T) {
	b := newBench(t)
	b.ask(record(1, 0), wrong)
	b.ask(record(2, 0), wrong)
	b.now = b.now.Add(b.pause())
	b.ask(record(1, 1), wrong) // lengthens the pause to 1 s
	pauses := b.pauses
	if !b.urged(record(1, 2), wrong) {
		t.Fatal("a probe is not let through")
	}
	if b.pauses != pauses {
		t.Error("a probe ahead of its time lengthened the pauses")
	}
	b.now = b.now.Add(urgeEvery / 2)
	if b.urged(record(1, 3), wrong) {
		t.Error("a second probe within a second")
	}
	b.now = b.now.Add(urgeEvery / 2)
	if !b.urged(record(1, 3), good) {
		t.Fatal("no probe after a second")
	}
	b.now = b.now.Add(time.Millisecond)
	b.ask(record(1, 0), wait(time.Hour))
	b.now = b.now.Add(time.Minute)
	if b.urged(record(1, 1), good) {
		t.Error("a probe while the API asked for silence")
	}
}

// Requests that hang do not keep what is urgent from going, probes no less.
func TestUrgentGoesBesideThoseThatHang(t *testing.T) {
	for _, closed := range []bool{false, true} {
		b := newBench(t)
		if closed {
			b.ask(record(1, 0), wrong)
			b.ask(record(2, 0), wrong)
			b.now = b.now.Add(b.pause())
		}
		hangs := b.begin()
		if _, ok := b.urge(b.now); ok {
			t.Errorf("closed: %v: a request that was just sent is called one that hangs", closed)
		}
		b.now = b.now.Add(urgeEvery)
		if _, ok := b.urge(b.now); !ok {
			t.Errorf("closed: %v: nothing goes beside a request that hangs", closed)
		}
		b.release(hangs)
		if _, _, ok := b.acquire(b.now.Add(time.Hour)); ok && closed {
			t.Error("a probe goes beside one that was urgent")
		}
	}
}

// Where all that waits has failed, one that was never tried may contradict it at
// once; but each only once, and not where others wait that were never tried.
func TestNewEventProbesAtOnce(t *testing.T) {
	b := newBench(t)
	b.ask(record(1, 0), wrong)
	b.ask(record(2, 0), wrong)
	b.come()
	if b.pause() == 0 {
		t.Error("a probe goes at once though others were never tried")
	}
	b.now = b.now.Add(b.pause())
	b.ask(record(1, 1), wrong)
	pauses := b.pauses
	b.come()
	b.ask(record(3, 0), wrong)
	b.come()
	if b.pause() == 0 || b.pauses != pauses {
		t.Error("new events go at once again and again, or lengthen the pauses")
	}
}

// Waiting is in vain only if nothing was taken since it began, and two events,
// or all that wait, met a wrong set-up.
func TestHopeless(t *testing.T) {
	b := newBench(t)
	since := b.now
	b.ask(record(1, 0), wrong)
	if b.hopeless(since, 2) || !b.hopeless(since, 1) {
		t.Error("one answer decides for two events, or not for its own")
	}
	b.ask(record(2, 0), wrong)
	if !b.hopeless(since, 300) {
		t.Error("two events do not decide for all")
	}
	if b.hopeless(b.now.Add(1), 300) {
		t.Error("what was met before the wait began decides")
	}
	b.now = b.now.Add(time.Second)
	b.ask(record(3, 0), good)
	b.ask(record(4, 0), wrong)
	b.ask(record(5, 0), wrong)
	if b.hopeless(since, 300) {
		t.Error("it is in vain although an event was taken")
	}
}
