package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// port is a handler on an address.
type port struct {
	URL string // for programs on this machine

	http *http.Server
	done chan struct{} // closed when no more requests are taken
}

// open serves handler on an address. One without a host, such as ":7070", is on
// this machine only; "0.0.0.0:7070" is open to others.
func open(address string, handler http.Handler) (*port, error) {
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(cmp.Or(host, "127.0.0.1"), number))
	if err != nil {
		return nil, err
	}
	p := &port{
		URL:  reachable(listener.Addr().(*net.TCPAddr)),
		http: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second},
		done: make(chan struct{}),
	}
	go func() {
		defer close(p.done)
		_ = p.http.Serve(listener) // always ends with ErrServerClosed
	}()
	return p, nil
}

// another is an address like the one that cannot be served, but with a port that
// is free; any free one, where the host is not this machine's for sure.
func another(address string) string {
	host, number, _ := net.SplitHostPort(address)
	first, err := strconv.Atoi(number)
	known := host == "" || host == "localhost" || net.ParseIP(host) != nil
	for port := first + 1; err == nil && known && port < first+100; port++ {
		next := strconv.Itoa(port)
		if listener, err := net.Listen("tcp", net.JoinHostPort(cmp.Or(host, "127.0.0.1"), next)); err == nil {
			_ = listener.Close()
			return net.JoinHostPort(host, next)
		}
	}
	return "127.0.0.1:0"
}

func reachable(addr *net.TCPAddr) string {
	if addr.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", addr.Port)
	}
	return "http://" + addr.String()
}

// close frees the port. Requests being served have a second to end.
func (p *port) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if p.http.Shutdown(ctx) != nil {
		_ = p.http.Close()
	}
	<-p.done
}
