package adaptertest

import (
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

func byDefault(*bb.Config) {}

// everything turns on whatever is opt-in.
func everything(cfg *bb.Config) {
	cfg.Capture = bb.Capture{Commands: true, Buttons: true, StartParams: []string{"ref_", "_tgr_"}, Blocks: true, Business: true, Payments: true}
	cfg.Enrich = func(_ string, about bb.UpdateInfo) bb.Payload {
		return aboutPerson(about.Language, about.Premium)
	}
}

// aboutPerson is what Enrich adds: all that the payloads of events do not show else.
func aboutPerson(language string, premium bool) bb.Payload {
	about := bb.Payload{}
	if language != "" {
		about["language"] = language
	}
	if premium {
		about["premium"] = true
	}
	return about
}

// unthrottled lets only the idempotency keys tell that an update came again.
func unthrottled(cfg *bb.Config) { cfg.ActivityWindow = -1 }

// trial is one case by one Entry, given the gap of the library.
type trial struct {
	testCase
	entry Entry
	gap   Gap
}

func (tr trial) run(t *testing.T) {
	if tr.gap&Undecodable != 0 {
		tr.checkUndecodable(t)
		return
	}
	t.Run("default", func(t *testing.T) { tr.checkEvents(t, byDefault, false) })
	t.Run("capture", func(t *testing.T) { tr.checkEvents(t, everything, true) })
	t.Run("redelivered", tr.checkRedelivery)
	t.Run("nil client", func(t *testing.T) { tr.checkWithout(t, nil) })
	t.Run("disabled client", func(t *testing.T) { tr.checkWithout(t, disabled(t)) })
}

// handled reports whether the library calls a handler.
func (tr trial) handled() bool { return tr.gap&Unhandled == 0 }

// seen reports whether the update passes the adapter.
func (tr trial) seen() bool {
	return tr.gap&Undecodable == 0 && (tr.handled() || !tr.entry.HandledOnly)
}

// tracked reports whether a handler is called with a tracker.
func (tr trial) tracked() bool { return tr.handled() && !tr.entry.NoTracker }

// calls returns how often the handler has to be called for n updates.
func (tr trial) calls(n int) int {
	if tr.handled() {
		return n
	}
	return 0
}

// bot is one bot that counts the calls of its handler.
type bot struct {
	receive func([]byte) error
	calls   int
}

func (tr trial) newBot(t *testing.T, client *bb.Client) *bot {
	t.Helper()
	b := new(bot)
	b.receive = tr.entry.New(t, client, func(tracker *bb.Tracker) {
		b.calls++
		choose(tracker)
	})
	return b
}

// send has a bot receive the update of the trial n times.
func (tr trial) send(t *testing.T, b *bot, n int) {
	t.Helper()
	for range n {
		if err := b.receive([]byte(tr.raw)); err != nil {
			t.Fatalf("the library cannot decode it: %v\n%s", err, tr)
		}
	}
	if b.calls != tr.calls(n) {
		t.Errorf("the handler was called %d times for %d updates, want %d\n%s", b.calls, n, tr.calls(n), tr)
	}
}

func (tr trial) checkEvents(t *testing.T, configure func(*bb.Config), captured bool) {
	began := time.Now()
	rec := bbtest.NewRecorder(t, configure)
	tr.send(t, tr.newBot(t, rec.Client()), 1)
	if !tr.seen() {
		tr.compare(t, tr.gap, rec.Events(), nil, nil, began)
		return
	}
	tr.compare(t, tr.gap, rec.Events(),
		tr.reference(t, tr.gap, configure, tr.tracked()),
		tr.lines(tr.gap, captured, tr.tracked()), began)
}

// checkRedelivery has the update delivered again, to the same bot and to
// another one, as after a restart.
func (tr trial) checkRedelivery(t *testing.T) {
	if tr.noID {
		t.Skip("without an update_id nothing tells that an update came again")
	}
	rec := bbtest.NewRecorder(t, everything, unthrottled)
	tr.send(t, tr.newBot(t, rec.Client()), 1)
	once := joined(rec.Events())
	tr.send(t, tr.newBot(t, rec.Client()), 2)
	if again := joined(rec.Events()); again != once {
		t.Errorf("after it was delivered three times:\n%s\nafter once:\n%s\n%s", again, once, tr)
	}
}

// checkWithout runs the bot without analytics.
func (tr trial) checkWithout(t *testing.T, client *bb.Client) {
	calls := 0
	receive := tr.entry.New(t, client, func(tracker *bb.Tracker) {
		calls++
		if tracker != nil {
			t.Errorf("the handler got a tracker\n%s", tr)
		}
		choose(tracker)
	})
	if err := receive([]byte(tr.raw)); err != nil {
		t.Errorf("the library cannot decode it: %v\n%s", err, tr)
	}
	if calls != tr.calls(1) {
		t.Errorf("the handler was called %d times, want %d\n%s", calls, tr.calls(1), tr)
	}
}

func (tr trial) checkUndecodable(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	b := tr.newBot(t, rec.Client())
	if tr.decodes(b) {
		t.Errorf("the library can decode it: the gap is closed\n%s", tr)
	}
	if events := rec.Events(); len(events) > 0 || b.calls > 0 {
		t.Errorf("events of an update that the library cannot decode:\n%s\n%s", joined(events), tr)
	}
}

func (tr trial) decodes(b *bot) (decodes bool) {
	if tr.gap&Fatal != 0 {
		defer func() { decodes = recover() == nil }()
	}
	return b.receive([]byte(tr.raw)) == nil
}

func disabled(t *testing.T) *bb.Client {
	t.Helper()
	client, err := bb.New(bb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// checkAllEntries has one client see the update by every Entry that there is.
func (h Harness) checkAllEntries(t *testing.T, c testCase) {
	gap := h.gap(c)
	if c.noID || gap&Undecodable != 0 {
		t.Skip("nothing tells that it is the same update")
	}
	began := time.Now()
	configure := func(cfg *bb.Config) { everything(cfg); unthrottled(cfg) }
	rec := bbtest.NewRecorder(t, configure)
	seen, tracked := false, false
	for _, entry := range h.Entries {
		tr := trial{c, entry, gap}
		tr.send(t, tr.newBot(t, rec.Client()), 1)
		seen, tracked = seen || tr.seen(), tracked || tr.tracked()
	}
	if !seen {
		c.compare(t, gap, rec.Events(), nil, nil, began)
		return
	}
	reference := c.reference(t, gap, configure, tracked)
	c.compare(t, gap, inOrder(rec.Events()), inOrder(reference), c.lines(gap, true, tracked), began)
}

// inOrder puts the handler's event last: an Entry without a tracker may be the
// first to see the update.
func inOrder(events []bb.Event) []bb.Event {
	var automatic, explicit []bb.Event
	for _, ev := range events {
		if ev.Payload["choice_id"] == choice {
			explicit = append(explicit, ev)
		} else {
			automatic = append(automatic, ev)
		}
	}
	return append(automatic, explicit...)
}
