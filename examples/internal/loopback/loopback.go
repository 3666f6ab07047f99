// Package loopback serves an http.Handler on this machine only.
package loopback

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// closeTimeout is how long Close waits for requests that are being served.
const closeTimeout = time.Second

// Server is a handler on a port of its own.
type Server struct {
	URL string

	http *http.Server
	done chan struct{} // closed when no more requests are taken
}

// Serve starts handler on a free port.
func Serve(handler http.Handler) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("loopback: %w", err)
	}
	s := &Server{
		URL:  "http://" + listener.Addr().String(),
		http: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second},
		done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener) // always ends with ErrServerClosed
	}()
	return s, nil
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
