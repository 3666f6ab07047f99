package bb_test

import (
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
