package bb_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// bodies is a transport that keeps every body.
type bodies struct {
	mu  sync.Mutex
	all strings.Builder
}

func (b *bodies) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := io.Copy(&b.all, r.Body); err != nil {
		return nil, err
	}
	b.all.WriteByte('\n')
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func (b *bodies) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// realClient returns a client with its own transport.
func realClient(t *testing.T, url string, configure ...func(*bb.Config)) *bb.Client {
	t.Helper()
	return newClient(t, nil, append([]func(*bb.Config){func(cfg *bb.Config) { cfg.BaseURL = url }}, configure...)...)
}

func TestRequest(t *testing.T) {
	seen := make(chan *http.Request, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r }))
	defer srv.Close()
	client := realClient(t, srv.URL+"/prefix//")
	client.Send(bb.Event{Name: "x"})
	r := <-seen
	if r.Method != http.MethodPost || r.URL.Path != "/prefix/api/bot/events" || r.ProtoMajor != 1 {
		t.Errorf("request = %s %s %s", r.Method, r.URL.Path, r.Proto)
	}
	if got := r.Header.Get("Authorization"); got != "Bearer "+testKey {
		t.Errorf("Authorization = %q", got)
	}
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type = %q", got)
	}
	if _, present := r.Header["Idempotency-Key"]; present {
		t.Error("an Idempotency-Key header was sent, which the contract does not know")
	}
}

// The key must not go to wherever a redirect leads.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		var strayed atomic.Int32
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
		srv := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/path", code))
		client := realClient(t, srv.URL)
		client.Send(bb.Event{Name: "x"})
		err := client.Flush(t.Context())
		if err == nil || !strings.Contains(err.Error(), elsewhere.URL) || strings.Contains(err.Error(), "/path") {
			t.Errorf("%d: Flush = %v, want where the redirect leads", code, err)
		}
		if strayed.Load() != 0 {
			t.Errorf("%d was followed", code)
		}
		if s := client.Stats(); s.Delivered != 0 || s.Pending != 1 {
			t.Errorf("%d: Stats = %+v, want the event kept", code, s)
		}
		srv.Close()
		elsewhere.Close()
	}
}

// rawServer answers each connection by hand.
func rawServer(t *testing.T, answer func(n int, conn net.Conn, r *http.Request)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		conns sync.WaitGroup
		n     atomic.Int32
	)
	t.Cleanup(func() {
		listener.Close()
		conns.Wait()
	})
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer conn.Close()
				r, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				if _, err := io.Copy(io.Discard, r.Body); err == nil {
					answer(int(n.Add(1)), conn, r)
				}
			})
		}
	})
	return "http://" + listener.Addr().String()
}

func TestLyingServers(t *testing.T) {
	const good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
	cases := map[string]string{
		"closes without an answer": "",
		"speaks no HTTP":           "hello\r\n",
		"half a header":            "HTTP/1.1 200 OK\r\nContent-Le",
		"half a body":              "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
		"a broken chunk":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"a page":                   "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
	}
	for name, lie := range cases {
		t.Run(name, func(t *testing.T) {
			url := rawServer(t, func(n int, conn net.Conn, _ *http.Request) {
				text := good
				if n == 1 {
					text = lie
				}
				_, _ = io.WriteString(conn, text)
			})
			client := realClient(t, url, func(cfg *bb.Config) { cfg.Timeout = time.Second })
			client.Send(bb.Event{Name: "x"})
			_ = client.Flush(t.Context()) // a page ends it early
			if err := client.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s := client.Stats(); s.Delivered != 1 || s.Retries != 1 {
				t.Errorf("Stats = %+v, want it delivered at the second try", s)
			}
		})
	}
}

func TestEndlessAnswerCostsItsConnectionOnly(t *testing.T) {
	url := rawServer(t, func(_ int, conn net.Conn, _ *http.Request) {
		_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		for err == nil {
			_, err = io.WriteString(conn, strings.Repeat("x", 4096))
		}
	})
	client := realClient(t, url)
	sendMany(client, 3)
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := client.Stats(); s.Delivered != 3 || s.Retries != 0 {
		t.Errorf("Stats = %+v", s)
	}
}

// A server that closes kept-alive connections between two events is no outage.
func TestClosedKeepAliveConnectionIsNoFailure(t *testing.T) {
	var connections atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	var log logLines
	client := realClient(t, srv.URL, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelInfo) })
	const rounds = 50
	for range rounds {
		client.Send(bb.Event{Name: "x"})
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		srv.CloseClientConnections()
	}
	if s := client.Stats(); s.Delivered != rounds || s.Retries != 0 {
		t.Errorf("Stats = %+v, want no retry", s)
	}
	if connections.Load() < rounds/2 {
		t.Errorf("%d connections: the server did not close them", connections.Load())
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	if lines := log.lines(); len(lines) != 2 {
		t.Errorf("log = %q, want the start and the first event only", lines)
	}
}

func TestConnectionsAreKeptAlive(t *testing.T) {
	var connections atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":"ok"}`)
	}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	client := realClient(t, srv.URL)
	sendMany(client, 2000)
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	// A connection that is being made is given up where another becomes idle first.
	if n := connections.Load(); n > 2*bb.DefaultMaxInFlight {
		t.Errorf("2000 events took %d connections", n)
	}
}

func TestDialErrorsAreTransient(t *testing.T) {
	client := realClient(t, "http://127.0.0.1:1")
	sendMany(client, 3)
	err := client.Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("Check = %v", err)
	}
	if s := client.Stats(); s.Pending != 3 {
		t.Errorf("Stats = %+v", s)
	}
}

func TestUntrustedCertificateIsTransientAndExplained(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	defer srv.Close()
	client := realClient(t, srv.URL)
	err := client.Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "ca-certificates") {
		t.Errorf("Check = %v, want what to install", err)
	}
}

// A host that takes connections and says nothing must not gather goroutines.
func TestSilentTLSHostGathersNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	defer conns.Wait()
	defer listener.Close()
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				_, _ = conn.Read(make([]byte, 1<<16)) // the client's hello
				_, _ = conn.Read(make([]byte, 1))     // until it gives up
				conn.Close()
			})
		}
	})
	client := realClient(t, "https://"+listener.Addr().String(), func(cfg *bb.Config) { cfg.Timeout = 50 * time.Millisecond })
	for range 5 {
		if err := client.Check(t.Context()); err == nil {
			t.Error("Check = nil")
		}
	}
	conns.Add(-1) // the listener's own
	done := make(chan struct{})
	go func() {
		conns.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("connections are still open")
	}
	conns.Add(1)
}

// A server may answer before it has read the body: the next request must not
// disturb the one that is still being written.
func TestEarlyAnswers(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
	}))
	defer srv.Close()
	client := realClient(t, srv.URL, func(cfg *bb.Config) { cfg.MaxInFlight = 2 })
	large := bb.Payload{"text": strings.Repeat("x", 60<<10)}
	for range 200 {
		client.Send(bb.Event{Name: "x", Payload: large})
	}
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := client.Stats(); s.Delivered != 200 || s.Dropped != 0 {
		t.Errorf("Stats = %+v, want all delivered", s)
	}
}
