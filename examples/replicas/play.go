package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/bbapi"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/loopback"
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

	mu      sync.Mutex // guards what follows, and out
	counted map[string]int
	arrived chan struct{} // closed and renewed with each event
}

// play tells the story, and fails if an event does not arrive.
func play(out io.Writer, own *store) error {
	s := &stage{
		out: out, store: own, prefix: fmt.Sprintf("demo-%d", time.Now().UnixNano()),
		counted: make(map[string]int), arrived: make(chan struct{}),
	}
	api, err := loopback.Serve(bbapi.New(map[string]string{integrationKey: "demo"}, s.observe))
	if err != nil {
		return err
	}
	defer api.Close()
	s.url = api.URL

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
		s.say("%s: received %d + recovered %d = delivered %d + dropped %d + handed over %d + pending %d",
			r.name, stats.Received, stats.Recovered, stats.Delivered, stats.Dropped, stats.HandedOver, stats.Pending)
	}
	return nil
}

func (s *stage) work(a, b, c *replica) error {
	s.title("Each replica sends two events; each is counted once, whoever delivers it")
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
	s.say("B is dead; the others look for what it left every ten seconds")
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
	s.store.stop()
	began := time.Now()
	for _, r := range []*replica{a, c} {
		r.client.Send(bb.Event{Name: "order_returned", UserID: 7})
	}
	s.say("two calls of Send took %v; the events wait in memory: A has %d, C has %d",
		time.Since(began).Round(time.Microsecond), a.client.Stats().Pending, c.client.Stats().Pending)
	if err := s.store.start(); err != nil {
		return err
	}
	s.say("Redis is back")
	return s.await("order_returned", 2)
}

// observe is told of each request by the API.
func (s *stage) observe(r bbapi.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Problem != "":
		fmt.Fprintf(s.out, "  API: %d %s\n", r.Status, r.Problem)
	case r.Repeat:
		fmt.Fprintf(s.out, "  API: %s again, not counted\n", r.Event.Name)
	default:
		s.counted[r.Event.Name]++
		fmt.Fprintf(s.out, "  API: %s counted\n", r.Event.Name)
	}
	close(s.arrived)
	s.arrived = make(chan struct{})
}

// await returns when n events of a name have been counted.
func (s *stage) await(name string, n int) error {
	for deadline := time.After(patience); ; {
		s.mu.Lock()
		got, arrived := s.counted[name], s.arrived
		s.mu.Unlock()
		if got > n {
			return fmt.Errorf("%d %s were counted, want %d", got, name, n)
		} else if got == n {
			return nil
		}
		select {
		case <-arrived:
		case <-deadline:
			return fmt.Errorf("%d of %d %s arrived within %v", got, n, name, patience)
		}
	}
}

// until polls a state that no event tells of.
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
