package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

const (
	integrationKey = "demo-integration-key"
	patience       = time.Minute
)

// stage is where the demonstration takes place.
type stage struct {
	out    io.Writer
	store  *store
	prefix string
	url    string // of the API

	api *bbtest.API

	mu sync.Mutex // guards out
}

// play plays the story, and fails if an event does not arrive.
func play(out io.Writer, own *store) error {
	s := &stage{
		out: out, store: own, prefix: fmt.Sprintf("demo-%d", time.Now().UnixNano()),
		api: bbtest.NewAPI(integrationKey),
	}
	s.api.OnRequest = s.observe
	srv := httptest.NewServer(s.api)
	defer srv.Close()
	s.url = srv.URL

	var replicas []*replica
	for _, name := range []string{"A", "B", "C"} {
		r, err := s.newReplica(name)
		if err != nil {
			return err
		}
		replicas = append(replicas, r)
	}
	a, b, c := replicas[0], replicas[1], replicas[2]
	defer a.close()
	defer c.close()

	for _, scene := range []func(a, b, c *replica) error{s.work, s.activity, s.death, s.outage} {
		if err := scene(a, b, c); err != nil {
			return err
		}
	}
	for _, r := range []*replica{a, c} {
		if err := r.client.Close(); err != nil {
			return err
		}
		stats := r.client.Stats()
		s.say("%s: received %d + recovered %d = delivered %d + dropped %d%s + handed over %d + pending %d",
			r.name, stats.Received, stats.Recovered, stats.Delivered, stats.Dropped, reasons(stats), stats.HandedOver, stats.Pending)
	}
	return nil
}

// reasons says why events were dropped; "": none was.
func reasons(stats bb.Stats) string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(stats.DroppedBy)) {
		parts = append(parts, fmt.Sprintf("%d %s", stats.DroppedBy[reason], reason))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (s *stage) work(a, b, c *replica) error {
	s.title("Each replica sends two events; each is counted once, no matter which delivers it")
	for _, r := range []*replica{a, b, c} {
		for range 2 {
			r.client.Send(bb.Event{Name: "order_paid", UserID: 7})
		}
	}
	return s.await("order_paid", 6)
}

func (s *stage) activity(a, b, c *replica) error {
	s.title("The same user writes to all three; one activity a minute goes out")
	for i, r := range []*replica{a, b, c} {
		r.client.Observe(bb.Update{BotID: 1, ID: int64(i + 1), Kind: "message", UserID: 8, ChatID: 8, ChatType: "private"})
	}
	if err := s.await("activity", 1); err != nil {
		return err
	}
	return s.until("throttling two", func() bool {
		throttled := 0
		for _, r := range []*replica{a, b, c} {
			throttled += int(r.client.Stats().DroppedBy[bb.DropThrottled])
		}
		return throttled == 2
	})
}

func (s *stage) death(_, b, _ *replica) error {
	s.title("B takes an event and dies before it has sent it")
	b.transport.arm()
	b.client.Send(bb.Event{Name: "order_shipped", UserID: 7})
	if err := s.until("B's request", b.transport.isDead); err != nil {
		return err
	}
	b.die()
	s.say("B is dead; another takes what it left when the lease is over")
	began := time.Now()
	if err := s.await("order_shipped", 1); err != nil {
		return err
	}
	s.say("delivered by another after %.1f s", time.Since(began).Seconds())
	return nil
}

func (s *stage) outage(a, _, c *replica) error {
	if !s.store.owned() {
		return nil
	}
	s.title("Redis dies; the bot goes on")
	s.store.own.Kill()
	began := time.Now()
	for _, r := range []*replica{a, c} {
		r.client.Send(bb.Event{Name: "order_returned", UserID: 7})
	}
	s.say("two calls of Send took %v; the events wait in memory: A has %d, C has %d",
		time.Since(began).Round(time.Microsecond), a.client.Stats().Pending, c.client.Stats().Pending)
	if err := s.store.own.Start(); err != nil {
		return err
	}
	s.say("Redis is back")
	return s.await("order_returned", 2)
}

// observe prints a request to the API.
func (s *stage) observe(r bbtest.Request) {
	switch {
	case !r.Taken:
		s.say("  API: %d %s", r.Status, r.Fault)
	case r.Repeat:
		s.say("  API: %s again, not counted", r.Event.Name)
	default:
		s.say("  API: %s counted", r.Event.Name)
	}
}

// await returns when n events of a name have been counted.
func (s *stage) await(name string, n int) error {
	err := s.until(fmt.Sprintf("counting %d %s", n, name), func() bool { return len(s.api.Events(name)) >= n })
	if got := len(s.api.Events(name)); got > n {
		return fmt.Errorf("%d %s were counted, want %d", got, name, n)
	}
	return err
}

// until waits until a state is reached.
func (s *stage) until(what string, reached func() bool) error {
	for deadline := time.Now().Add(patience); !reached(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New(what + " did not happen")
		}
	}
	return nil
}

func (s *stage) title(text string) { s.say("\n%s", text) }

func (s *stage) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, format+"\n", args...)
}
