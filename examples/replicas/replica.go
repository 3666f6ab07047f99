package main

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbredis "github.com/silverbranch/bb-telegram-analytics-go/core/redis"
)

// replica is one of the processes that a bot would be.
type replica struct {
	name      string
	rdb       *redis.Client
	client    *bb.Client
	transport *mortal
}

// newReplica is what the main of a bot does.
func (s *stage) newReplica(name string) (*replica, error) {
	rdb := s.store.client()
	transport := &mortal{next: &http.Transport{}}
	client, err := bb.New(bb.Config{
		Enabled:        true,
		BaseURL:        s.url,
		IntegrationKey: integrationKey,
		Timeout:        time.Second, // a lease ends after three times that
		Outbox:         bbredis.NewOutbox(rdb, s.prefix),
		Throttle:       bbredis.NewThrottle(rdb, s.prefix),
		Transport:      transport,
		Logger:         slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	return &replica{name, rdb, client, transport}, nil
}

func (r *replica) close() {
	_ = r.client.Close()
	_ = r.rdb.Close()
}

// die leaves everything as the end of the process would: nothing is given back.
func (r *replica) die() { _ = r.rdb.Close() }

// mortal is a transport that sends nothing once it is armed, as a process that
// was killed in the middle of a request.
type mortal struct {
	next http.RoundTripper

	mu          sync.Mutex // guards what follows
	armed, dead bool
}

func (m *mortal) arm() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.armed = true
}

func (m *mortal) isDead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	m.dead = m.armed
	dead := m.dead
	m.mu.Unlock()
	if dead {
		select {} // until this program ends
	}
	return m.next.RoundTrip(r)
}
