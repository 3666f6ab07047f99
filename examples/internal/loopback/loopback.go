// Package loopback serves an http.Handler on this machine, and beyond it only
// where an address says so.
package loopback

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// closeTimeout is how long Close waits for requests that are being served.
const closeTimeout = time.Second

// anyPort is a free port of this machine.
const anyPort = "127.0.0.1:0"

// Server is a handler on a port of its own.
type Server struct {
	URL string // for programs on this machine

	http *http.Server
	done chan struct{} // closed when no more requests are taken
}

// Serve starts handler on a free port.
func Serve(handler http.Handler) (*Server, error) { return ServeAt(anyPort, handler) }

// ServeAt starts handler on an address. One without a host, such as ":8080", is
// on this machine only; "0.0.0.0:8080" is open to others.
func ServeAt(address string, handler http.Handler) (*Server, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port))
	if err != nil {
		return nil, err
	}
	s := &Server{
		URL:  reachable(listener.Addr().(*net.TCPAddr)),
		http: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second},
		done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener) // always ends with ErrServerClosed
	}()
	return s, nil
}

func reachable(addr *net.TCPAddr) string {
	if addr.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", addr.Port)
	}
	return "http://" + addr.String()
}

// Close frees the port. Requests being served have a second to end.
func (s *Server) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	<-s.done
}
