package delivery

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	firstAnswer = 512      // room for an answer at first; the API's have some 50 bytes
	maxAnswer   = 16 << 10 // read of an answer; the rest costs the connection
)

var errTransportPanic = errors.New("the transport panicked")

// exchange makes the requests of one sender, one after another, and owns what
// they can share: a context, the timer of its deadline and the room for an
// answer. With a foreign transport, which may keep any of it, each request has
// its own. Not safe for concurrent use.
type exchange struct {
	endpoint *Endpoint
	parent   context.Context

	template *http.Request           // all but the body; nil: begin makes what follows
	cancel   context.CancelCauseFunc // of the context of template
	deadline *time.Timer             // calls cancel
	room     []byte
}

// open returns an exchange whose requests end with ctx, to be closed.
func (e *Endpoint) open(ctx context.Context) *exchange {
	return &exchange{endpoint: e, parent: ctx}
}

// begin starts the deadline of a request.
func (x *exchange) begin() {
	if x.template != nil {
		x.deadline.Reset(x.endpoint.timeout)
		return
	}
	ctx, cancel := context.WithCancelCause(x.parent)
	x.cancel = cancel
	x.deadline = time.AfterFunc(x.endpoint.timeout, func() { cancel(context.DeadlineExceeded) })
	x.room = make([]byte, firstAnswer)
	x.template = (&http.Request{
		Method:     http.MethodPost,
		URL:        x.endpoint.url,
		Host:       x.endpoint.url.Host,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     x.endpoint.header,
	}).WithContext(ctx)
	if x.endpoint.owned == nil {
		x.template = x.template.Clone(ctx) // with its own header and URL
	}
}

// end stops the deadline, and reports whether it had passed.
func (x *exchange) end() (late bool) {
	late = !x.deadline.Stop()
	if late || x.endpoint.owned == nil {
		x.close()
	}
	return late
}

// close ends what is shared; a request after it gets new.
func (x *exchange) close() {
	if x.template == nil {
		return
	}
	x.deadline.Stop()
	x.cancel(nil)
	x.template = nil
}

// answer is what came back from one request.
type answer struct {
	status int
	header http.Header
	body   []byte // at most maxAnswer, and good until the next request
	err    error  // the exchange failed; status may be set all the same
	at     time.Time
}

// ask sends body and judges the answer. A foreign transport may panic, and so
// may its errors when they are looked at.
func (x *exchange) ask(body []byte) (a answer, v verdict) {
	defer func() {
		if recover() != nil {
			a = answer{err: errTransportPanic, at: time.Now()}
			v = classify(a)
		}
	}()
	a = x.post(body)
	a.at = time.Now()
	return a, classify(a)
}

// post sends body and reads the answer. It calls RoundTrip itself, which
// follows no redirect and so keeps the key with this host.
func (x *exchange) post(body []byte) (a answer) {
	x.begin()
	defer func() {
		if late := x.end(); late && a.err != nil { // whatever the transport made of it
			a.err = context.DeadlineExceeded
		}
	}()
	resp, err := x.endpoint.transport.RoundTrip(x.request(body))
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	a = answer{status: resp.StatusCode, header: resp.Header}
	a.body, a.err = x.read(resp.Body)
	return a
}

// request returns the request for body. net/http is done with a request when
// its answer was read and closed, but not always with its body.
func (x *exchange) request(body []byte) *http.Request {
	r := x.template
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) {
		// net/http sends a body of these types, and no other, in one write
		// with the head.
		return io.NopCloser(bytes.NewReader(body)), nil
	}
	r.Body, _ = r.GetBody()
	return r
}

// read reads an answer to its end, without which the connection is lost.
func (x *exchange) read(body io.Reader) ([]byte, error) {
	for n := 0; ; {
		if n == len(x.room) {
			if n == maxAnswer {
				return x.room, nil
			}
			x.room = append(x.room, make([]byte, min(n, maxAnswer-n))...)
		}
		m, err := body.Read(x.room[n:])
		n += m
		if err == io.EOF {
			return x.room[:n], nil
		}
		if err != nil {
			return x.room[:n], err
		}
	}
}
