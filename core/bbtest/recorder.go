package bbtest

import (
	"encoding/json"
	"sync"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/wire"
)

// Recorder records the events of a client of its own, under the rules of
// production: throttle, duplicates, validation. An event that the API would
// refuse, because its name or its payload's keys are not snake_case or its
// payload is not flat, fails the test. All methods may be called concurrently.
type Recorder struct {
	tb     testing.TB
	client *bb.Client

	mu         sync.Mutex // guards what follows
	events     []bb.Event
	suppressed []Suppressed
}

// Suppressed is an event that was not sent, and why.
type Suppressed struct {
	Event  bb.Event
	Reason bb.DropReason
	Cause  error // such as a panic in BeforeSend; nil: Reason says all
}

// NewRecorder returns a Recorder whose client has the default configuration,
// changed by configure. Outbox, BaseURL, IntegrationKey and Enabled are set
// already. OnDrop is called as in production, on a goroutine of the client: all
// its calls are over when the client's Close returns.
func NewRecorder(tb testing.TB, configure ...func(*bb.Config)) *Recorder {
	tb.Helper()
	r := &Recorder{tb: tb}
	cfg := bb.Config{Enabled: true, BaseURL: "http://bb.test", IntegrationKey: "test-key"}
	for _, change := range configure {
		change(&cfg)
	}
	cfg.Outbox = store.NewDestination(destination{r})
	client, err := bb.New(cfg)
	if err != nil {
		tb.Fatalf("bbtest: %v", err)
	}
	r.client = client
	return r
}

// Client returns the client whose events are recorded.
func (r *Recorder) Client() *bb.Client { return r.client }

// Events returns what was sent so far, in order; with names only events of
// these names. Numbers in a payload are float64, as JSON has them.
func (r *Recorder) Events(names ...string) []bb.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return named(r.events, names)
}

// Suppressed returns what was not sent so far, in order, and why.
func (r *Recorder) Suppressed() []Suppressed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Suppressed(nil), r.suppressed...)
}

// Reset forgets what was recorded. The throttle and the duplicates are the
// client's own and stay.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events, r.suppressed = nil, nil
}

// Want returns the events of this name. It ends the test unless exactly n were
// sent; the failure shows what came, and what was suppressed and why. Call it
// from the goroutine of the test.
func (r *Recorder) Want(name string, n int) []bb.Event {
	r.tb.Helper()
	got := r.Events(name)
	if len(got) != n {
		r.tb.Fatalf("bbtest: want %d %s, got %d\n%s", n, name, len(got), report(r.Events(), r.Suppressed()))
	}
	return got
}

// destination is where the recorder's client puts its events.
type destination struct{ r *Recorder }

func (d destination) Put(record store.Record) error {
	ev, err := decode(record.Body)
	if err != nil {
		d.r.tb.Errorf("bbtest: the client made a body that cannot be read: %v", err)
	}
	if fault := checkContent(record.Body); fault.text != "" {
		d.r.tb.Errorf("bbtest: the API would refuse this event: %s\n  %s", fault.text, line(ev))
	}
	d.r.mu.Lock()
	defer d.r.mu.Unlock()
	d.r.events = append(d.r.events, ev)
	return nil
}

func (d destination) Rejected(was store.Rejected) {
	d.r.mu.Lock()
	defer d.r.mu.Unlock()
	d.r.suppressed = append(d.r.suppressed, Suppressed{
		Event: bb.Event{
			Name: was.Name, UserID: was.UserID, ChatID: was.ChatID, Payload: snapshot(was.Payload),
			OccurredAt: was.OccurredAt, IdempotencyKey: was.IdempotencyKey,
		},
		Reason: bb.DropReason(was.Reason), Cause: was.Cause,
	})
}

// snapshot copies a payload that its owner may change, by way of JSON. What
// JSON cannot express is kept as it is: it is why the event was suppressed.
func snapshot(p map[string]any) bb.Payload {
	data, err := wire.AppendPayload(nil, p)
	if err != nil {
		return p
	}
	var copied bb.Payload
	_ = json.Unmarshal(data, &copied) // it was just written
	return copied
}
