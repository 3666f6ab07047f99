package bb_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

const goodAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

// What a server may do with one request: the event is tried again, once, and
// delivered.
func TestLyingServers(t *testing.T) {
	cases := map[string]string{
		"closes without an answer": "",
		"speaks no HTTP":           "hello\r\n",
		"half a header":            "HTTP/1.1 200 OK\r\nContent-Le",
		"half a body":              "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
		"a broken chunk":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"half a chunk":             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{",
		"a page":                   "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
		"a status of 5 MB":         "HTTP/1.1 200 " + strings.Repeat("x", 5<<20) + "\r\n\r\n",
		"a header of 5 MB":         "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 5<<20) + "\r\n\r\n",
		"two lengths":              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		"other protocols":          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
	}
	onEachWay(t, func(t *testing.T, w way) {
		for name, lie := range cases {
			if w.standard && strings.Contains(name, "5 MB") {
				continue // the limit is the transport's
			}
			t.Run(name, func(t *testing.T) {
				url := w.raw(t, func(n int, conn net.Conn, _ *http.Request) bool {
					text := goodAnswer
					if n == 1 {
						text = lie
					}
					_, _ = io.WriteString(conn, text)
					return n != 1
				})
				client := w.client(t, url, func(cfg *bb.Config) { cfg.Timeout = 5 * time.Second })
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
	})
}

// Answers that are right though unusual cost no retry.
func TestUnusualAnswers(t *testing.T) {
	cases := map[string]string{
		"HTTP/1.0":              "HTTP/1.0 200 OK\r\n\r\n{}",
		"until the end":         "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
		"chunked":               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"chunked, with trailer": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\n{}\r\n0\r\nX: 1\r\n\r\n",
		"interim answers":       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + goodAnswer,
		"204":                   "HTTP/1.1 204 No Content\r\n\r\n",
		"longer than is read":   "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + strings.Repeat("x", 20000),
		"lower case, folded":    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: a\r\n b\r\n\r\n{}",
	}
	onEachWay(t, func(t *testing.T, w way) {
		for name, text := range cases {
			t.Run(name, func(t *testing.T) {
				url := w.raw(t, func(_ int, conn net.Conn, _ *http.Request) bool {
					_, err := io.WriteString(conn, text)
					return err == nil && !strings.Contains(text, "HTTP/1.0") && !strings.Contains(text, "close")
				})
				client := w.client(t, url)
				sendMany(client, 5)
				if err := client.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if s := client.Stats(); s.Delivered != 5 || s.Retries != 0 {
					t.Errorf("Stats = %+v, want 5 delivered at the first try", s)
				}
			})
		}
	})
}

// Bytes that nobody asked for are not the answer to what is asked next: an event
// that the API did not take is not called delivered.
func TestUnaskedBytesAreNoAnswer(t *testing.T) {
	for _, apart := range []bool{false, true} {
		onEachWay(t, func(t *testing.T, w way) {
			more, written := make(chan struct{}), make(chan struct{})
			url := w.raw(t, func(n int, conn net.Conn, _ *http.Request) bool {
				if n > 1 {
					_, _ = io.WriteString(conn, "HTTP/1.1 422 X\r\nContent-Length: 2\r\n\r\n{}")
					return true
				}
				_, _ = io.WriteString(conn, goodAnswer)
				if apart {
					<-more
				}
				_, _ = io.WriteString(conn, goodAnswer)
				close(written)
				return true
			})
			client := w.client(t, url)
			client.Send(bb.Event{Name: "x"})
			if err := client.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			close(more)
			<-written
			time.Sleep(20 * time.Millisecond) // until loopback has brought it
			client.Send(bb.Event{Name: "y"})
			if err := client.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s := client.Stats(); s.Delivered != 1 || s.DroppedBy[bb.DropRefused] != 1 {
				t.Errorf("Stats = %+v, want the second event refused", s)
			}
		})
	}
}

// A kept connection that is closed when the next request comes, before a byte of
// its answer: the request goes once more, over another, and that is no retry.
func TestKeptConnectionThatEndsWithoutAnAnswer(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way) {
		var seen sync.Map
		url := w.raw(t, func(_ int, conn net.Conn, _ *http.Request) bool {
			if _, second := seen.LoadOrStore(conn, true); second {
				return false
			}
			_, _ = io.WriteString(conn, goodAnswer)
			return true
		})
		client := w.client(t, url, func(cfg *bb.Config) { cfg.MaxInFlight = 1 })
		sendMany(client, 20)
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := client.Stats(); s.Delivered != 20 || s.Retries != 0 {
			t.Errorf("Stats = %+v, want 20 delivered without a retry", s)
		}
	})
}

func TestEndlessAnswerCostsItsConnectionOnly(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way) {
		url := w.raw(t, func(_ int, conn net.Conn, _ *http.Request) bool {
			_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			for err == nil {
				_, err = io.WriteString(conn, strings.Repeat("x", 4096))
			}
			return false
		})
		client := w.client(t, url)
		sendMany(client, 3)
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := client.Stats(); s.Delivered != 3 || s.Retries != 0 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

// countConnections counts those that a server accepted.
func countConnections(n *atomic.Int32) func(*httptest.Server) {
	return func(srv *httptest.Server) {
		srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				n.Add(1)
			}
		}
	}
}

func takeAll(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"status":"ok"}`) }

// A server that closes kept-alive connections between two events is no outage.
func TestClosedKeepAliveConnectionIsNoFailure(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way) {
		var (
			connections atomic.Int32
			log         logLines
		)
		srv := w.serve(t, takeAll, countConnections(&connections))
		client := w.client(t, srv.URL, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelInfo) })
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
	})
}

func TestConnectionsAreKeptAlive(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way) {
		var connections atomic.Int32
		srv := w.serve(t, takeAll, countConnections(&connections))
		client := w.client(t, srv.URL)
		sendMany(client, 2000)
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		// net/http gives up a connection that is being made when another is idle first.
		if n := connections.Load(); n > 2*bb.DefaultMaxInFlight || !w.standard && n > bb.DefaultMaxInFlight {
			t.Errorf("2000 events took %d connections", n)
		}
	})
}

// A server may answer before it has read the body: the next request must not
// disturb the one that is still being written.
func TestEarlyAnswers(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way) {
		srv := w.serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
		})
		client := w.client(t, srv.URL, func(cfg *bb.Config) { cfg.MaxInFlight = 2 })
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
	})
}

// A refusal that comes before the server closes its half is read, although the
// rest of the request cannot be written.
func TestRefusalBeforeTheRequestWasRead(t *testing.T) {
	w := way{}
	listener, url := w.listen(t, "127.0.0.1:0")
	accept(t, listener, func(conn net.Conn) {
		_, _ = io.ReadFull(conn, make([]byte, 100))
		_, _ = io.WriteString(conn, "HTTP/1.1 413 X\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
	})
	client := w.client(t, url)
	client.Send(bb.Event{Name: "x", Payload: bb.Payload{"text": strings.Repeat("x", 60<<10)}})
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := client.Stats(); s.DroppedBy[bb.DropRefused] != 1 {
		t.Errorf("Stats = %+v, want it refused", s)
	}
}

func TestIPv6(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way) {
		probe, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skip("there is no IPv6 here")
		}
		probe.Close()
		listener, url := w.listen(t, "[::1]:0")
		srv := &http.Server{Handler: http.HandlerFunc(takeAll)}
		go func() { _ = srv.Serve(listener) }()
		t.Cleanup(func() { _ = srv.Close() })
		client := w.client(t, url)
		client.Send(bb.Event{Name: "x"})
		if err := client.Flush(t.Context()); err != nil || client.Stats().Delivered != 1 {
			t.Errorf("Flush = %v, Stats = %+v", err, client.Stats())
		}
	})
}

// TLS says which host is asked and offers HTTP/1.1 alone.
func TestTLSHello(t *testing.T) {
	w := way{tls: true}
	listener, _ := w.listen(t, "127.0.0.1:0")
	seen := make(chan *http.Request, 2)
	srv := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r })}
	go func() { _ = srv.Serve(listener) }()
	t.Cleanup(func() { _ = srv.Close() })
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	client := w.client(t, "https://localhost:"+port)
	client.Send(bb.Event{Name: "x"})
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := <-seen; r.TLS.ServerName != "localhost" || r.Host != "localhost:"+port || r.ProtoMajor != 1 {
		t.Errorf("server name %q, host %q, %s", r.TLS.ServerName, r.Host, r.Proto)
	}
}

// Shutdown cancels what hangs by its deadline, also a request that is under way.
func TestShutdownCancelsWhatHangs(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way) {
		asked := make(chan struct{}, 99)
		release := make(chan struct{})
		url := w.raw(t, func(int, net.Conn, *http.Request) bool {
			asked <- struct{}{}
			<-release
			return false
		})
		t.Cleanup(func() { close(release) })
		client := w.client(t, url, func(cfg *bb.Config) { cfg.Timeout = time.Minute })
		client.Send(bb.Event{Name: "x"})
		<-asked
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := client.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown = %v, want its deadline", err)
		}
		if s := client.Stats(); s.DroppedBy[bb.DropClosed] != 1 || s.Pending != 0 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

// While the API fails, every probe goes over a new connection: an address that
// was given to another machine, or a balancer's sick half, is left.
func TestOutageLeavesItsConnections(t *testing.T) {
	var sick atomic.Bool
	var connections atomic.Int32
	w := way{}
	srv := w.serve(t, func(rw http.ResponseWriter, r *http.Request) {
		if sick.Load() {
			rw.WriteHeader(http.StatusBadGateway)
		}
	}, countConnections(&connections))
	client := w.client(t, srv.URL)
	sendMany(client, 500)
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := connections.Load()
	sick.Store(true)
	sendMany(client, 20)
	ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
	defer cancel()
	_ = client.Flush(ctx) // asks for a probe every second
	if n := connections.Load() - before; n < 2 {
		t.Errorf("%d new connections for the probes of an outage, want one for each", n)
	}
	sick.Store(false)
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(fmt.Errorf("after the outage: %w", err))
	}
}

// A context that ends after Check cuts no event.
func TestEndOfChecksContextCutsNoEvent(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way) {
		ctx, cancel := context.WithCancel(t.Context())
		url := w.raw(t, func(n int, conn net.Conn, _ *http.Request) bool {
			if n == 1 {
				_, err := io.WriteString(conn, "HTTP/1.1 422 X\r\nContent-Length: 2\r\n\r\n{}")
				return err == nil
			}
			cancel()
			_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the connection ended while an event was on it: %v", err)
			}
			_, _ = io.WriteString(conn, goodAnswer)
			return false
		})
		client := w.client(t, url)
		if err := client.Check(ctx); err != nil {
			t.Fatal(err)
		}
		client.Send(bb.Event{Name: "x"})
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
