package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// newSink serves one connection of a sink and returns its other end.
func newSink(t *testing.T) (*sink, net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	s := &sink{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer theirs.Close()
		_ = s.serve(theirs)
	}()
	t.Cleanup(func() { ours.Close(); <-done })
	return s, ours
}

func TestSinkReadsWhatClientsSend(t *testing.T) {
	s, conn := newSink(t)
	answers := bufio.NewReader(conn)
	for _, request := range []string{
		"POST /api/bot/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
		"POST /v1/batch HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
		"POST /batch/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /after/1ms/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
	} {
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatalf("after %q: %v", request, err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || string(body) != `{"status":"ok"}` {
			t.Errorf("after %q: %s %q %v", request, resp.Status, body, err)
		}
	}
	if r, c := s.requests.Load(), s.connections.Load(); r != 4 || c != 1 {
		t.Errorf("%d requests on %d connections were counted, want 4 on 1", r, c)
	}
}

func TestSinkRefusesHugeRequests(t *testing.T) {
	for _, request := range []string{
		"POST / HTTP/1.1\r\n" + strings.Repeat("a: b\r\n", maxHead),
		"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
	} {
		_, err := readRequest(bufio.NewReaderSize(strings.NewReader(request), maxHead))
		if err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%.60q was read: %v", request, err)
		}
	}
}

// What came while the gate was shut is answered when it opens.
func TestSinkGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, conn := newSink(t)
		if _, err := io.WriteString(conn, "POST /gated/x HTTP/1.1\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		s.control("open/x")
		if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
			t.Fatal(err)
		}
	})
}
