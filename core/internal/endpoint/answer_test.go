package endpoint

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestClassify(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	cases := []struct {
		name   string
		answer answer
		want   Class
		after  time.Duration
		over   bool
		says   string // part of the problem
	}{
		{"200", answer{status: 200}, Delivered, 0, false, ""},
		{"204", answer{status: 204}, Delivered, 0, false, ""},
		{"201 with JSON", answer{status: 201, body: []byte(`{"ok":true}`)}, Delivered, 0, false, ""},
		{"409: the key is known", answer{status: 409}, Delivered, 0, false, ""},
		{"202 as text", answer{status: 202, header: header("Content-Type", "text/plain"), body: []byte("accepted <3")}, Delivered, 0, false, ""},
		{"200 with JSON that quotes a page", answer{status: 200, header: header("Content-Type", "text/html"), body: []byte(`{"seen":"<html>"}`)}, Delivered, 0, false, ""},
		{"200 that is a page after a byte order mark", answer{status: 200, header: header("Content-Type", "text/plain"), body: []byte("\ufeff<h1>Log in</h1>")}, Setup, 0, false, "web page"},
		{"200 that is a page after other text", answer{status: 200, header: header("Content-Type", "text/plain"), body: []byte("please log in\n<!DOCTYPE html>")}, Setup, 0, false, "web page"},
		{"409 that is a page", answer{status: 409, body: []byte("<html>")}, Setup, 0, false, "web page"},
		{"200 of type HTML", answer{status: 200, header: header("Content-Type", "text/html; charset=utf-8")}, Setup, 0, false, "web page"},
		{"200 that looks like HTML", answer{status: 200, body: []byte("\n <!DOCTYPE html>")}, Setup, 0, false, "web page"},
		{"301", answer{status: 301, header: header("Location", "https://www.bb.example/x?secret=1")}, Setup, 0, false, "https://www.bb.example"},
		{"302", answer{status: 302}, Setup, 0, false, "redirect"},
		{"307", answer{status: 307}, Setup, 0, false, "redirect"},
		{"308", answer{status: 308}, Setup, 0, false, "redirect"},
		{"401", answer{status: 401}, Setup, 0, false, "BB_INTEGRATION_KEY"},
		{"403", answer{status: 403}, Setup, 0, false, "BB_INTEGRATION_KEY"},
		{"404", answer{status: 404}, Setup, 0, false, "BB_API_BASE_URL"},
		{"405", answer{status: 405}, Setup, 0, false, "BB_API_BASE_URL"},
		{"407: a proxy", answer{status: 407}, Setup, 0, false, "NO_PROXY"},
		{"408", answer{status: 408}, Transient, 0, false, "408"},
		{"425", answer{status: 425}, Transient, 0, false, "425"},
		{"429", answer{status: 429, header: header("Retry-After", "7")}, Transient, 7 * time.Second, true, "429"},
		{"500", answer{status: 500}, Transient, 0, false, "500"},
		{"502", answer{status: 502}, Transient, 0, false, "502"},
		{"503 with a date", answer{status: 503, header: header("Retry-After", "Sun, 22 Nov 2026 12:01:00 GMT")}, Transient, time.Minute, true, "503"},
		{"504", answer{status: 504}, Transient, 0, false, "504"},
		{"599", answer{status: 599}, Transient, 0, false, "599"},
		{"400 in JSON", answer{status: 400, body: []byte(` {"detail":"no such bot"}`)}, Refused, 0, false, "no such bot"},
		{"413 in JSON", answer{status: 413, body: []byte(`{}`)}, Refused, 0, false, "413"},
		{"422 in JSON that is longer than what is read", answer{status: 422, body: append([]byte(`{"detail":[{"input":"`), bytes.Repeat([]byte("x"), maxAnswer-21)...)}, Refused, 0, false, "422"},
		{"422 of bytes like that", answer{status: 422, body: append([]byte(`{"detail"::[{"input":"`), bytes.Repeat([]byte("x"), maxAnswer-22)...)}, Setup, 0, false, "JSON"},
		{"400 without a body", answer{status: 400}, Setup, 0, false, "JSON"},
		{"400 with a page", answer{status: 400, body: []byte("<html>")}, Setup, 0, false, "web page"},
		{"400 of Go to HTTP on a TLS port", answer{status: 400, plain: true, body: []byte("Client sent an HTTP request to an HTTPS server.\n")}, Setup, 0, false, "https:// instead of http://"},
		{"400 of nginx to HTTP on a TLS port", answer{status: 400, plain: true, body: []byte("<html><head><title>400 The plain HTTP request was sent to HTTPS port</title>")}, Setup, 0, false, "https:// instead of http://"},
		{"413 of nginx", answer{status: 413, body: []byte("<html>")}, Setup, 0, false, "client_max_body_size"},
		{"422 as text", answer{status: 422, body: []byte("no")}, Setup, 0, false, "JSON"},
		{"402", answer{status: 402, body: []byte(`{"detail":"x"}`)}, Setup, 0, false, "JSON"},
		{"403 with a page: a firewall", answer{status: 403, body: []byte("<html>")}, Setup, 0, false, "it is not the key"},
		{"401 with a page", answer{status: 401, body: []byte("<html>")}, Setup, 0, false, "web page"},
		{"406", answer{status: 406}, Setup, 0, false, "JSON"},
		{"410", answer{status: 410}, Setup, 0, false, "JSON"},
		{"411", answer{status: 411}, Setup, 0, false, "JSON"},
		{"415", answer{status: 415}, Setup, 0, false, "JSON"},
		{"418", answer{status: 418}, Setup, 0, false, "JSON"},
		{"421", answer{status: 421}, Setup, 0, false, "JSON"},
		{"426 without TLS", answer{status: 426, plain: true}, Setup, 0, false, "https:// instead of http://"},
		{"431", answer{status: 431}, Setup, 0, false, "JSON"},
		{"451", answer{status: 451}, Setup, 0, false, "JSON"},
		{"422 with a text", answer{status: 422, body: []byte(`{"detail":"payload must be flat"}`)}, Refused, 0, false, "payload must be flat"},
		{"422 with faults", answer{status: 422, body: []byte(`{"detail":[{"loc":["body","payload","x",0],"type":"string_type","input":"a secret"}]}`)}, Refused, 0, false, "body.payload.x string_type"},
		{"connection refused", answer{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, Transient, 0, false, "container"},
		{"reset", answer{err: syscall.ECONNRESET}, Transient, 0, false, "reset"},
		{"half an answer", answer{status: 200, err: io.ErrUnexpectedEOF}, Transient, 0, false, "EOF"},
		{"timeout", answer{err: context.DeadlineExceeded}, Transient, 0, true, "in time"},
		{"unknown host", answer{err: &net.DNSError{Name: "bb.example", IsNotFound: true}}, Transient, 0, false, "resolver"},
		{"unknown host of Docker", answer{err: &net.DNSError{Name: "host.docker.internal", IsNotFound: true}}, Transient, 0, false, "extra_hosts"},
		{"HTTP on a TLS port that answers with an alert", answer{plain: true, err: errors.New(`malformed HTTP response "\x15\x03\x01\x00\x02\x02"`)}, Transient, 0, false, "https:// instead of http://"},
		{"closed at once, without TLS", answer{plain: true, err: io.EOF}, Transient, 0, false, "https:// instead of http://"},
		{"closed at once", answer{err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}}, Transient, 0, false, "firewall"},
		{"unknown authority", answer{err: x509.UnknownAuthorityError{}}, Transient, 0, false, "ca-certificates"},
		{"no TLS", answer{err: tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}}, Transient, 0, false, "http://"},
		{"HTTP where HTTPS was asked", answer{err: errors.New("http: server gave HTTP response to HTTPS client")}, Transient, 0, false, "http://"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.answer.date = now
			v := classify(c.answer)
			if v.Class != c.want || v.RetryAfter != c.after || v.Overload != c.over {
				t.Errorf("classify = class %d, retry after %v, overload %v; want %d, %v, %v", v.Class, v.RetryAfter, v.Overload, c.want, c.after, c.over)
			}
			if c.says == "" {
				return
			}
			if v.Problem == nil || !strings.Contains(v.Problem.Error(), c.says) {
				t.Errorf("problem = %v, want one that says %q", v.Problem, c.says)
			}
			if strings.Contains(v.Problem.Error(), "secret") {
				t.Errorf("the problem quotes the answer: %v", v.Problem)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	cases := []struct {
		value string
		want  time.Duration
	}{
		{"", 0},
		{"0", 0},
		{"30", 30 * time.Second},
		{" 30 ", 30 * time.Second},
		{"599", 599 * time.Second},
		{"31536000", maxRetryAfter},
		{"99999999999999999999999999", maxRetryAfter},
		{"-5", 0},
		{"1.5", 0},
		{"soon", 0},
		{"Sun, 22 Nov 2026 12:00:30 GMT", 30 * time.Second},
		{"Sun, 22 Nov 2026 11:00:00 GMT", 0},
		{"Mon, 22 Nov 2027 12:00:00 GMT", maxRetryAfter},
		{"Sunday, 22-Nov-26 12:00:30 GMT", 30 * time.Second},
	}
	for _, c := range cases {
		if got := retryAfter(c.value, now); got != c.want {
			t.Errorf("retryAfter(%q) = %v, want %v", c.value, got, c.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "7", "Sun, 22 Nov 2026 12:00:30 GMT", "99999999999999999999", "-1", "1e9"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got := retryAfter(value, time.Now()); got < 0 || got > maxRetryAfter {
			t.Errorf("retryAfter(%q) = %v, outside 0 to %v", value, got, maxRetryAfter)
		}
	})
}
