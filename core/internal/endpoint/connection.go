package endpoint

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

var errAnswerTooLong = errors.New("the answer is too long")

// past is over: a read until then waits for nothing.
var past = time.Unix(1, 0)

// posted tells http.ReadResponse what was asked.
var posted = &http.Request{Method: http.MethodPost}

// connection carries the requests of one sender at a time. It is not safe for
// concurrent use, but for cut.
type connection struct {
	stream net.Conn // with TLS where the address asks for it
	socket net.Conn // below that
	look   *look
	unhook func() bool // from the context whose end cuts it
	in     *bufio.Reader
	out    []byte // scratch
	left   int    // bytes that may yet be read for this answer
	got    bool   // some of this answer was read
	born   time.Time
	rested time.Time // since when it is idle; zero: it is new
}

// Read implements io.Reader for in, which must not read without end.
func (c *connection) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errAnswerTooLong
	}
	n, err := c.stream.Read(p[:min(len(p), c.left)])
	c.left -= n
	c.got = c.got || n > 0
	return n, err
}

// cut ends whatever the connection does, also in another goroutine. TLS would
// say goodbye first, and wait for a peer that does not listen.
func (c *connection) cut() {
	c.unhook()
	c.socket.Close()
}

// exchange sends one request, in one write, and reads the answer. It reports
// whether the connection can carry another.
func (c *connection) exchange(head string, body []byte, deadline time.Time) (a answer, again bool) {
	c.out = append(c.out[:0], head...)
	c.out = strconv.AppendInt(c.out, int64(len(body)), 10)
	c.out = append(c.out, "\r\n\r\n"...)
	c.out = append(c.out, body...)
	c.left, c.got = maxHead+maxAnswer, false
	_ = c.stream.SetDeadline(deadline) // on a closed connection what follows fails
	_, failed := c.stream.Write(c.out)
	a, again = c.read() // the peer may have answered before it stopped reading
	switch {
	case a.err == nil:
	case errors.Is(a.err, os.ErrDeadlineExceeded):
		a.err = context.DeadlineExceeded
	case failed != nil && !c.got:
		a.err = failed
	case errors.Is(a.err, io.ErrUnexpectedEOF) && !c.got:
		a.err = io.EOF // of an answer, nothing came
	}
	return a, again && failed == nil
}

// read reads the answer, behind as many of 1xx as have room, and reports whether it ended where it should and the
// peer keeps the connection.
func (c *connection) read() (a answer, again bool) {
	for {
		resp, err := http.ReadResponse(c.in, posted) //nolint:bodyclose // it holds nothing: the connection goes with what was not read
		if err != nil {
			return answer{err: err}, false
		}
		if interim := resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols; interim {
			continue
		}
		a.status, a.header = resp.StatusCode, resp.Header
		a.body, a.err = readBody(resp)
		return a, a.err == nil && !resp.Close && resp.StatusCode >= 200 && len(a.body) < maxAnswer && c.in.Buffered() == 0
	}
}

// readBody reads at most maxAnswer.
func readBody(resp *http.Response) ([]byte, error) {
	if n := resp.ContentLength; n >= 0 && n < maxAnswer {
		body := make([]byte, n)
		_, err := io.ReadFull(resp.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
}

// alive reports whether the peer has neither closed the connection nor sent what
// nobody asked for, which would be taken for the next answer. TLS may have read
// that already; what it has is there in no time.
func (c *connection) alive() bool {
	_ = c.stream.SetDeadline(time.Time{})
	if !c.look.quiet() {
		return false
	}
	if c.stream == c.socket {
		return true
	}
	c.left = 1
	_ = c.stream.SetReadDeadline(past)
	_, err := c.in.Peek(1)
	return errors.Is(err, os.ErrDeadlineExceeded)
}
