// Package endpoint asks the API, and says what its answers mean.
//
// [Endpoint] makes a request, by connections of our own or by standard, which is
// net/http; contain bounds the user's transport; answer says what came back means,
// and problem what to do about it. It knows nothing of what is asked, nor of what
// was answered before.
package endpoint

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/clock"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/redact"
)

const (
	maxAnswer = 16 << 10 // read of an answer; the rest costs the connection
	maxHead   = 64 << 10 // read of the head of an answer
	userAgent = "bb-telegram-analytics-go"

	idleConnection = 30 * time.Second // after which one is closed
	maxConnection  = 5 * time.Minute  // its life, so that a changed address is found
)

// Dial connects to an address, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Config is what an Endpoint is made of. Transport and Dial may be nil.
type Config struct {
	Address   string // valid
	Key       string
	Timeout   time.Duration     // of one request
	InFlight  int               // connections to keep
	Transport http.RoundTripper // nil: connections of our own
	Dial      Dial              // for these; nil: that of package net
	Clock     *clock.Clock
	Redactor  *redact.Redactor
}

// Endpoint is the address that events are posted to. Safe for concurrent use.
type Endpoint struct {
	plain    bool // without TLS
	clock    *clock.Clock
	redactor *redact.Redactor
	timeout  time.Duration
	way      way
	foreign  chan struct{} // calls of Config.Transport that have not returned; nil: it is not used
}

// way makes requests.
type way interface {
	// post sends body and reads the answer, within the timeout of a request and
	// ctx. It follows no redirect, and so keeps the key with this host.
	post(ctx context.Context, body []byte) answer
	// drop closes the connections that are idle.
	drop()
}

// New returns an Endpoint. The end of life cuts its connections.
func New(life context.Context, cfg Config) *Endpoint {
	u, err := url.Parse(cfg.Address)
	if err != nil {
		panic("endpoint: the address was not validated")
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	e := &Endpoint{plain: u.Scheme == "http", clock: cfg.Clock, redactor: cfg.Redactor, timeout: cfg.Timeout}
	switch {
	case cfg.Transport != nil:
		e.way, e.foreign = newStandard(cfg, u), make(chan struct{}, 2*cfg.InFlight)
	case isDirect(u):
		e.way = newConnections(life, cfg, u)
	default:
		e.way = newStandard(cfg, u)
	}
	return e
}

// isDirect reports whether u can be reached without what net/http knows of
// proxies and of names in other alphabets.
func isDirect(u *url.URL) bool {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	foreign := func(r rune) bool { return r <= ' ' || r > '~' || r == '%' }
	return proxy == nil && err == nil && !strings.ContainsFunc(u.Host, foreign)
}

// Drop closes the connections that are idle.
func (e *Endpoint) Drop() { e.way.drop() }

// Check posts an empty body, which the API answers with 422 once the key is
// accepted, and which creates nothing.
func (e *Endpoint) Check(ctx context.Context) *Problem {
	v := e.Ask(ctx, []byte("{}"))
	if v.Class == Delivered || v.Class == Refused && v.Status == http.StatusUnprocessableEntity {
		return nil
	}
	return v.Problem
}

// Ask posts body and judges the answer.
func (e *Endpoint) Ask(ctx context.Context, body []byte) Verdict {
	if e.foreign != nil {
		return e.contain(ctx, body)
	}
	return e.judge(e.way.post(ctx, body))
}

// judge completes an answer and says what it means.
func (e *Endpoint) judge(a answer) Verdict {
	now := time.Now()
	a.plain, a.date = e.plain, e.clock.Date(now)
	v := classify(a)
	v.At, v.Status, v.Body = now, a.status, a.body
	v.Problem.redact(e.redactor)
	return v
}
