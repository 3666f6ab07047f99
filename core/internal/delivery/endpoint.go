package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	maxAnswer      = 16 << 10 // read of an answer; the rest costs the connection
	idleConnection = 30 * time.Second
	userAgent      = "bb-telegram-analytics-go"
)

var errTransportPanic = errors.New("the transport panicked")

// Endpoint is the address that events are posted to. Safe for concurrent use.
type Endpoint struct {
	url       *url.URL
	header    http.Header
	timeout   time.Duration
	transport http.RoundTripper
	owned     *http.Transport // transport, if it is ours
}

// NewEndpoint returns an Endpoint for a valid address. A nil transport means
// one of its own with room for inFlight connections.
func NewEndpoint(address, key string, timeout time.Duration, inFlight int, transport http.RoundTripper) *Endpoint {
	u, err := url.Parse(address)
	if err != nil {
		panic("delivery: the address was not validated")
	}
	e := &Endpoint{
		url: u,
		header: http.Header{
			"Authorization": {"Bearer " + key},
			"Content-Type":  {"application/json"},
			"User-Agent":    {userAgent},
			// net/http reads the mere presence of this entry as leave to send
			// the request again when a kept-alive connection turns out to be
			// closed; an entry without values is not sent.
			"Idempotency-Key": nil,
		},
		timeout:   timeout,
		transport: transport,
	}
	if transport == nil {
		e.owned = newTransport(inFlight, timeout)
		e.transport = e.owned
	}
	return e
}

// newTransport speaks HTTP/1.1 only: one event a request gains nothing from
// HTTP/2 and pays 1.6 times the CPU. Connecting has a timeout of its own, since
// net/http goes on with it when the request that asked for it has ended.
func newTransport(inFlight int, timeout time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: timeout}).DialContext,
		TLSHandshakeTimeout: timeout,
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		DisableCompression:  true,
		MaxIdleConns:        inFlight,
		MaxIdleConnsPerHost: inFlight,
		IdleConnTimeout:     idleConnection,
	}
}

// Close closes the idle connections of a transport of our own.
func (e *Endpoint) Close() {
	if e.owned != nil {
		e.owned.CloseIdleConnections()
	}
}

// answer is what came back from one request.
type answer struct {
	status int
	header http.Header
	body   []byte // at most maxAnswer
	err    error  // the exchange failed; status may be set all the same
}

// ask sends body and judges the answer. A foreign transport may panic, and so
// may its errors when they are looked at.
func (e *Endpoint) ask(ctx context.Context, body []byte) (a answer, v verdict) {
	defer func() {
		if recover() != nil {
			a = answer{err: errTransportPanic}
			v = classify(a, time.Now())
		}
	}()
	a = e.post(ctx, body)
	return a, classify(a, time.Now())
}

// post sends body and reads the answer. It calls RoundTrip itself, which
// follows no redirect and so keeps the key with this host.
func (e *Endpoint) post(ctx context.Context, body []byte) answer {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	resp, err := e.transport.RoundTrip(e.request(ctx, body))
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, a.err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return a
}

func (e *Endpoint) request(ctx context.Context, body []byte) *http.Request {
	header := e.header
	if e.owned == nil {
		header = header.Clone() // a foreign transport may write to it
	}
	newBody := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	first, _ := newBody()
	return (&http.Request{
		Method:        http.MethodPost,
		URL:           e.url,
		Host:          e.url.Host,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          first,
		GetBody:       newBody,
		ContentLength: int64(len(body)),
	}).WithContext(ctx)
}

// Check posts an empty body, which the API answers with 422 once the key is
// accepted, and which creates nothing.
func (e *Endpoint) Check(ctx context.Context) error {
	a, v := e.ask(ctx, []byte("{}"))
	if v.class == delivered || a.err == nil && a.status == http.StatusUnprocessableEntity {
		return nil
	}
	return v.problem
}
