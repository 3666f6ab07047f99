package bbredis

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// shared makes a client a replica.
func shared(rdb redis.UniversalClient, prefix string) func(*bb.Config) {
	return func(cfg *bb.Config) {
		cfg.Outbox, cfg.Throttle = NewOutbox(rdb, prefix, pollOften), NewThrottle(rdb, prefix)
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
}

func pollOften(o *outbox) { o.pollEvery = 50 * time.Millisecond }

// unreachable is an API that is away.
func unreachable(cfg *bb.Config) { cfg.Transport = refusing{} }

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, syscall.ECONNREFUSED }

// until waits for a state that a client reaches in the background.
func until(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !reached(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 2 min", what)
		}
	}
}

// closeAll shuts clients down and holds each against its equation.
func closeAll(t *testing.T, clients ...*bb.Client) {
	t.Helper()
	for _, client := range clients {
		if err := client.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		checkLedger(t, client)
	}
}

func checkLedger(t *testing.T, client *bb.Client) {
	t.Helper()
	s := client.Stats()
	if s.Received+s.Recovered != s.Delivered+s.Dropped+s.HandedOver+uint64(s.Pending) {
		t.Errorf("the ledger does not add up: %+v", s)
	}
}

func TestReplicasDeliverEachEventOnce(t *testing.T) {
	const each = 200
	rdb, prefix := connect(t)
	srv := bbtest.NewServer(t)
	clients := []*bb.Client{srv.Client(shared(rdb, prefix)), srv.Client(shared(rdb, prefix)), srv.Client(shared(rdb, prefix))}
	for range each {
		for _, client := range clients {
			client.Send(bb.Event{Name: "order_paid"})
		}
	}
	srv.Wait("order_paid", each*len(clients))
	until(t, "the answers", func() bool { return length(t, rdb, prefix) == 0 })
	closeAll(t, clients...)
	var sum bb.Stats
	for _, client := range clients {
		s := client.Stats()
		sum.Received += s.Received
		sum.Recovered += s.Recovered
		sum.HandedOver += s.HandedOver
		sum.Delivered += s.Delivered
	}
	if n := uint64(each * len(clients)); sum.Received != n || sum.HandedOver < n || sum.Delivered != n || len(srv.Requests()) != int(n) {
		t.Errorf("together %+v and %d requests, want %d of each", sum, len(srv.Requests()), n)
	}
	wantEmpty(t, rdb, prefix)
}

// What is sent while Redis is away moves over when it is back. The log says
// both, once.
func TestSendWhileRedisIsAway(t *testing.T) {
	const events = 1200 // more than one round trip moves
	s := startServer(t)
	srv := bbtest.NewServer(t)
	var log lines
	client := srv.Client(shared(s.client(), "bot"), log.keep)
	client.Send(bb.Event{Name: "order_paid"})
	srv.Wait("order_paid", 1)
	s.kill()
	for range events {
		client.Send(bb.Event{Name: "order_paid"})
	}
	if n := client.Stats().Pending; n < events {
		t.Errorf("Pending = %d, want %d", n, events)
	}
	s.start()
	srv.Wait("order_paid", 1+events)
	until(t, "the answers", func() bool { return client.Stats().Delivered == 1+events })
	until(t, "the end of the outage in the log", func() bool { return log.count("the outbox works again") == log.count("the outbox failed") })
	closeAll(t, client)
	if s := client.Stats(); s.Delivered != 1+events || s.Dropped != 0 {
		t.Errorf("Stats = %+v", s)
	}
	if failed, works := log.count("the outbox failed"), log.count("the outbox works again"); failed > 1 || works != failed {
		t.Errorf("the log has %d lines of the outage and %d of its end, want one of each or none:\n%s", failed, works, log.text())
	}
}

// lines are what a client logs.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) count(text string) int { return strings.Count(l.text(), text) }

func (l *lines) keep(cfg *bb.Config) { cfg.Logger = slog.New(slog.NewTextHandler(l, nil)) }

func TestHandOver(t *testing.T) {
	rdb, prefix := connect(t)
	client := bbtest.NewServer(t).Client(shared(rdb, prefix), unreachable)
	var slowest time.Duration
	for n := range uint64(100) {
		start := time.Now()
		client.Send(bb.Event{Name: "order_paid"})
		until(t, "handing over", func() bool {
			s := client.Stats()
			return s.HandedOver-s.Recovered+uint64(s.Pending) > n && length(t, rdb, prefix) == int64(n+1)
		})
		slowest = max(slowest, time.Since(start))
	}
	t.Logf("the slowest of 100 events was handed over in %v", slowest)
}

// A replica that never sends delivers what a dead one left.
func TestReplicaThatNeverSends(t *testing.T) {
	rdb, prefix := connect(t)
	srv := bbtest.NewServer(t)
	quiet := srv.Client(shared(rdb, prefix))
	dead := newOutbox(rdb, prefix)
	for n, key := range []string{"1", "2", "3"} {
		r := event(`{"event_name":"order_paid","occurred_at":"2026-11-23T00:00:00.000000Z","tg_user_id":1,"chat_id":1,"payload":{},"idempotency_key":"00000000-0000-4000-8000-00000000000` + key + `"}`)
		if _, err := dead.Put(r); err != nil {
			t.Fatal(err)
		}
		handOver(t, dead)
		srv.Wait("order_paid", n+1) // the second one, at the latest, by a poll
	}
	until(t, "the answers", func() bool { return quiet.Stats().Delivered == 3 })
	closeAll(t, quiet)
	if s := quiet.Stats(); s.Recovered < 3 || s.Delivered != 3 || s.Received != 0 {
		t.Errorf("Stats = %+v, want 3 recovered and delivered", s)
	}
}

// With the API away Shutdown loses nothing: Redis keeps it for another.
func TestShutdownKeepsEvents(t *testing.T) {
	const events = 50
	rdb, prefix := connect(t)
	srv := bbtest.NewServer(t)
	first := srv.Client(shared(rdb, prefix), unreachable)
	for range events {
		first.Send(bb.Event{Name: "order_paid"})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := first.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown = %v, though Redis keeps the events", err)
	}
	checkLedger(t, first)
	if s := first.Stats(); s.Dropped != 0 {
		t.Errorf("Stats = %+v, want none dropped", s)
	}
	second := srv.Client(shared(rdb, prefix))
	srv.Wait("order_paid", events)
	closeAll(t, second)
}

func TestShutdownWithoutRedis(t *testing.T) {
	const events = 50
	s := startServer(t)
	client := bbtest.NewServer(t).Client(shared(s.client(), "bot"))
	s.kill()
	for range events {
		client.Send(bb.Event{Name: "order_paid"})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := client.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "50 events") || !strings.Contains(err.Error(), "Redis") {
		t.Errorf("Shutdown = %v, want how many are lost and why", err)
	}
	if s := client.Stats(); s.DroppedBy[bb.DropClosed] != events || s.Pending != 0 {
		t.Errorf("Stats = %+v, want %d dropped as closed", s, events)
	}
	checkLedger(t, client)
}

// Two bots on one prefix: one of them says so, once.
func TestTwoBotsOnOnePrefix(t *testing.T) {
	rdb, prefix := connect(t)
	srv := bbtest.NewServer(t)
	other := srv.Client(shared(rdb, prefix), unreachable, func(cfg *bb.Config) { cfg.BaseURL = "http://127.0.0.1:1" })
	for range 10 {
		other.Send(bb.Event{Name: "order_paid"})
	}
	if err := other.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	var log bytes.Buffer
	mine := srv.Client(shared(rdb, prefix), func(cfg *bb.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	})
	srv.Wait("order_paid", 10)
	closeAll(t, mine)
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "accepted_for=127.0.0.1:1") {
		t.Errorf("the log has %d warnings, want one with the other's host:\n%s", n, log.String())
	}
}

// One activity per user and window over all replicas; the others are counted,
// and no concern of OnDrop.
func TestActivityOverReplicas(t *testing.T) {
	const users = 30
	rdb, prefix := connect(t)
	srv := bbtest.NewServer(t)
	configure := func(cfg *bb.Config) {
		cfg.OnDrop = func(ev bb.Event, why bb.DropReason) { t.Errorf("OnDrop(%s, %s)", ev.Name, why) }
	}
	clients := []*bb.Client{srv.Client(shared(rdb, prefix), configure), srv.Client(shared(rdb, prefix), configure)}
	for user := range int64(users) {
		for i, client := range clients {
			client.Observe(bb.Update{BotID: 1, ID: 2*user + int64(i) + 1, Kind: "message", UserID: user + 1, ChatID: user + 1, ChatType: "private", Text: "hi"})
		}
	}
	until(t, "throttling one of each two", func() bool {
		return clients[0].Stats().DroppedBy[bb.DropThrottled]+clients[1].Stats().DroppedBy[bb.DropThrottled] == users
	})
	until(t, "the answers", func() bool { return clients[0].Stats().Delivered+clients[1].Stats().Delivered == users })
	closeAll(t, clients...)
	if got := srv.Events(bb.EventActivity); len(got) != users {
		t.Errorf("%d activities of %d users counted", len(got), users)
	}
}

// The throttle fails open.
func TestThrottleWithoutRedis(t *testing.T) {
	s := startServer(t)
	srv := bbtest.NewServer(t)
	client := srv.Client(func(cfg *bb.Config) {
		cfg.Throttle, cfg.Logger = NewThrottle(s.client(), "bot"), slog.New(slog.DiscardHandler)
	})
	s.kill()
	client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
	srv.Wait(bb.EventActivity, 1)
	closeAll(t, client)
	if n := client.Stats().ThrottleErrors; n != 1 {
		t.Errorf("ThrottleErrors = %d, want 1", n)
	}
}
