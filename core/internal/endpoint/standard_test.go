package endpoint

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/clock"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/redact"
)

// foreignHost is in another alphabet, and so reached by net/http.
const foreignHost = "http://аналитика.example"

func newEndpoint(tb testing.TB, address string, dial Dial) *Endpoint {
	return New(tb.Context(), Config{
		Address: address, Key: "key", Timeout: 10 * time.Second, InFlight: 1, Dial: dial,
		Clock: new(clock.Clock), Redactor: redact.New("key"),
	})
}

// takeAll takes every event of a connection and tells which host it was for.
func takeAll(conn net.Conn, hosts chan<- string) {
	for in := bufio.NewReader(conn); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		hosts <- r.Host
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	}
}

// On the wire a host has the name that servers know.
func TestHostInAnotherAlphabet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hosts := make(chan string, 1)
		e := newEndpoint(t, foreignHost, func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go takeAll(theirs, hosts)
			return ours, nil
		})
		defer e.Drop()
		if v := e.Ask(t.Context(), []byte("{}")); v.Class != Delivered {
			t.Fatalf("the event met %+v", v.Problem)
		}
		if host := <-hosts; host != "xn--80aaa5aameo2c.example" {
			t.Errorf("the request was for %q", host)
		}
	})
}

func TestRequestByNetHTTPHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, foreignHost, func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }() // takes all and answers nothing
			return ours, nil
		})
		began := time.Now()
		if v := e.Ask(t.Context(), []byte("{}")); v.Class != Transient || !v.Overload || time.Since(began) != 10*time.Second {
			t.Errorf("%+v after %v, want a timeout after 10 s", v, time.Since(began))
		}
	})
}

// An address that changes is found, however busy a connection is.
func TestConnectionOfNetHTTPIsLeftAfterFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hosts, dialed := make(chan string, 1), 0
		e := newEndpoint(t, foreignHost, func(context.Context, string, string) (net.Conn, error) {
			dialed++
			ours, theirs := net.Pipe()
			go takeAll(theirs, hosts)
			return ours, nil
		})
		defer e.Drop()
		for began := time.Now(); time.Since(began) < 2*maxConnection; time.Sleep(idleConnection / 2) {
			if v := e.Ask(t.Context(), []byte("{}")); v.Class != Delivered {
				t.Fatalf("the event met %+v", v.Problem)
			}
			<-hosts
		}
		if dialed != 2 {
			t.Errorf("%d connections in ten minutes, want 2", dialed)
		}
	})
}

const underProxy = "BB_TEST_UNDER_PROXY"

// The environment is read once in a process, so another one asks.
func TestProxyIsUsed(t *testing.T) {
	if os.Getenv(underProxy) != "" {
		v := newEndpoint(t, "http://api.example", nil).Ask(t.Context(), []byte("{}"))
		fmt.Println("class", v.Class)
		return
	}
	asked := make(chan string, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.String() }))
	defer proxy.Close()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyIsUsed$")
	child.Env = append(os.Environ(), underProxy+"=1", "HTTP_PROXY="+proxy.URL, "NO_PROXY=", "no_proxy=")
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), fmt.Sprint("class ", Delivered)) {
		t.Fatalf("%v\n%s", err, out)
	}
	if url := <-asked; !strings.HasPrefix(url, "http://api.example") {
		t.Errorf("the proxy was asked for %s", url)
	}
}
