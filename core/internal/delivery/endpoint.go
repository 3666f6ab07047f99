package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/clock"
)

const (
	idleConnection = 30 * time.Second
	maxAnswer      = 16 << 10 // read of an answer; the rest costs the connection
	userAgent      = "bb-telegram-analytics-go"
)

var errTransportPanic = errors.New("the transport panicked")

// Dial connects to an address, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// EndpointConfig is what an Endpoint is made of.
type EndpointConfig struct {
	Address   string // valid
	Key       string
	Timeout   time.Duration     // of one request
	InFlight  int               // connections to keep
	Transport http.RoundTripper // nil: one of our own
	Dial      Dial              // of our own transport; nil: that of package net
	Clock     *clock.Clock
}

// Endpoint is the address that events are posted to. Safe for concurrent use.
type Endpoint struct {
	request   *http.Request // all but the body and its context
	timeout   time.Duration
	clock     *clock.Clock
	transport http.RoundTripper
	owned     *http.Transport // transport, if it is ours
}

// NewEndpoint returns an Endpoint.
func NewEndpoint(cfg EndpointConfig) *Endpoint {
	r, err := http.NewRequest(http.MethodPost, cfg.Address, nil)
	if err != nil {
		panic("delivery: the address was not validated")
	}
	r.Header = http.Header{
		"Authorization": {"Bearer " + cfg.Key},
		"Content-Type":  {"application/json"},
		"User-Agent":    {userAgent},
		// net/http reads the mere presence of this entry as leave to send
		// the request again when a kept-alive connection turns out to be
		// closed; an entry without values is not sent.
		"Idempotency-Key": nil,
	}
	e := &Endpoint{request: r, timeout: cfg.Timeout, clock: cfg.Clock, transport: cfg.Transport}
	if cfg.Transport == nil {
		e.owned = newTransport(cfg)
		e.transport = e.owned
	}
	return e
}

// newTransport speaks HTTP/1.1 only: one event a request gains nothing from
// HTTP/2 and pays 1.6 times the CPU. Connecting has a timeout of its own, since
// net/http goes on with it when the request that asked for it has ended.
func newTransport(cfg EndpointConfig) *http.Transport {
	dial := cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: cfg.Timeout}).DialContext
	}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dial,
		TLSHandshakeTimeout: cfg.Timeout,
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		DisableCompression:  true,
		MaxIdleConns:        cfg.InFlight,
		MaxIdleConnsPerHost: cfg.InFlight,
		MaxConnsPerHost:     cfg.InFlight, // else it dials while others become idle
		IdleConnTimeout:     idleConnection,
	}
}

// Close closes the idle connections of a transport of our own.
func (e *Endpoint) Close() {
	if e.owned != nil {
		e.owned.CloseIdleConnections()
	}
}

// Check posts an empty body, which the API answers with 422 once the key is
// accepted, and which creates nothing.
func (e *Endpoint) Check(ctx context.Context) *Problem {
	a, v := e.ask(ctx, []byte("{}"))
	if v.class == delivered || a.err == nil && a.status == http.StatusUnprocessableEntity {
		return nil
	}
	return v.problem
}

// answer is what came back from one request.
type answer struct {
	status int
	header http.Header
	body   []byte // at most maxAnswer
	err    error  // the request failed; status may be set all the same
	at     time.Time
	date   time.Time // at, as the clock shows it
}

// ask sends body and judges the answer. A foreign transport may panic, and so
// may its errors when they are looked at.
func (e *Endpoint) ask(ctx context.Context, body []byte) (a answer, v verdict) {
	defer func() {
		if recover() != nil {
			a = answer{err: errTransportPanic, at: time.Now()}
			v = classify(a)
		}
	}()
	a = e.post(ctx, body)
	a.at = time.Now()
	a.date = e.clock.Date(a.at)
	return a, classify(a)
}

// post sends body and reads the answer. It calls RoundTrip itself, which
// follows no redirect and so keeps the key with this host.
func (e *Endpoint) post(ctx context.Context, body []byte) (a answer) {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	r := e.request.WithContext(ctx)
	if e.owned == nil {
		r = e.request.Clone(ctx) // a foreign transport may write to it, and keep it
	}
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) {
		// net/http sends a body of these types, and no other, in one write
		// with the head.
		return io.NopCloser(bytes.NewReader(body)), nil
	}
	r.Body, _ = r.GetBody()
	resp, err := e.transport.RoundTrip(r)
	if err == nil {
		defer resp.Body.Close()
		a = answer{status: resp.StatusCode, header: resp.Header}
		a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // to its end, or the connection is lost
	}
	if err != nil && ctx.Err() == context.DeadlineExceeded {
		err = context.DeadlineExceeded // whatever the transport made of it
	}
	a.err = err
	return a
}
