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

// peer answers all requests alike, in a synctest bubble.
type peer struct {
	answer string // after the status line
	hosts  []string
	dialed int
	ended  int // connections that were closed
}

const taken = "200 OK\r\nContent-Length: 2\r\n\r\n{}"

func (p *peer) dial(context.Context, string, string) (net.Conn, error) {
	p.dialed++
	ours, theirs := net.Pipe()
	go func() {
		defer func() { p.ended++ }()
		for in := bufio.NewReader(theirs); ; {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			p.hosts = append(p.hosts, r.Host)
			if _, err := io.WriteString(theirs, "HTTP/1.1 "+p.answer); err != nil {
				return
			}
		}
	}()
	return ours, nil
}

// On the wire a host has the name that servers know.
func TestHostInAnotherAlphabet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: taken}
		e := newEndpoint(t, foreignHost, p.dial)
		v := e.Ask(t.Context(), []byte("{}"))
		e.Drop()
		synctest.Wait()
		if v.Class != Delivered || len(p.hosts) != 1 || p.hosts[0] != "xn--80aaa5aameo2c.example" {
			t.Errorf("the requests were for %q, and met %+v", p.hosts, v.Problem)
		}
	})
}

func TestRedirectByNetHTTPIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: "307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"}
		e := newEndpoint(t, foreignHost, p.dial)
		v := e.Ask(t.Context(), []byte("{}"))
		e.Drop()
		synctest.Wait()
		if v.Class != Setup || len(p.hosts) != 1 {
			t.Errorf("%+v after %d requests, want one", v.Problem, len(p.hosts))
		}
	})
}

func TestAnswerByNetHTTPIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: fmt.Sprintf("500 Oops\r\nContent-Length: %d\r\n\r\n%s", 10*maxAnswer, strings.Repeat("x", 10*maxAnswer))}
		e := newEndpoint(t, foreignHost, p.dial)
		defer e.Drop()
		v := e.Ask(t.Context(), []byte("{}"))
		if len(v.Body) != maxAnswer {
			t.Errorf("%d bytes were read, want %d", len(v.Body), maxAnswer)
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
		p := &peer{answer: taken}
		e := newEndpoint(t, foreignHost, p.dial)
		defer e.Drop()
		for began := time.Now(); time.Since(began) < 2*maxConnection; time.Sleep(idleConnection / 2) {
			v := e.Ask(t.Context(), []byte("{}"))
			synctest.Wait()
			if open := p.dialed - p.ended; v.Class != Delivered || open != 1 {
				t.Fatalf("the event met %+v, and %d connections are open", v.Problem, open)
			}
		}
		if p.dialed != 2 {
			t.Errorf("%d connections in ten minutes, want 2", p.dialed)
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
	child.Env = append(os.Environ(), underProxy+"=1", "HTTP_PROXY="+proxy.URL, "NO_PROXY=", "no_proxy=", "REQUEST_METHOD=")
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), fmt.Sprint("class ", Delivered)) {
		t.Fatalf("%v\n%s", err, out)
	}
	if url := <-asked; !strings.HasPrefix(url, "http://api.example") {
		t.Errorf("the proxy was asked for %s", url)
	}
}
