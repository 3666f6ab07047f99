package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// resolveNothing has no host exist for the rest of the test, but those that
// the machine itself knows.
func resolveNothing(t *testing.T) {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for query := make([]byte, 512); ; {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			if n > 3 {
				query[2], query[3] = query[2]|0x80, 0x83 // an answer: no such name
				_, _ = server.WriteTo(query[:n], from)
			}
		}
	}()
	t.Cleanup(func() { server.Close() })
	resolveAt(t, server.LocalAddr().String())
}

func resolveAt(t *testing.T, address string) {
	t.Helper()
	before := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = before })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", address)
	}}
}

func TestUnknownHost(t *testing.T) {
	resolveNothing(t)
	point(t, "http://no-such-host.example")
	r := examine(t)
	r.wantCode(t, 1)
	r.want(t, "DNS", "problem", `host "no-such-host.example" is unknown -> Check BB_API_BASE_URL`)
	for _, name := range []string{"TCP", "TLS", "path, key", "latency"} {
		r.want(t, name, "not checked", `first fix "DNS"`)
	}
	point(t, "http://no-such-container:8000")
	examine(t).want(t, "DNS", "problem", "is unknown", "inside its network")
	if strings.Contains(examine(t).text, "docker") {
		t.Error("Docker's name for the host is no remedy for another host")
	}
	point(t, "http://host.docker.internal:8001")
	examine(t).want(t, "DNS", "problem", "extra_hosts")
}

func TestSilentDNS(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	resolveAt(t, silent.LocalAddr().String())
	point(t, "http://no-such-host.example")
	r := examine(t, "-timeout", "200ms")
	r.wantCode(t, 1)
	r.want(t, "DNS", "problem", "DNS server")
}

func TestNothingListens(t *testing.T) {
	point(t, "http://"+closedPort(t))
	r := examine(t)
	r.wantCode(t, 1)
	r.want(t, "DNS", "ok")
	r.want(t, "TCP", "problem", "refused: nothing listens there")
	r.want(t, "path, key", "not checked", `first fix "TCP"`)
}

// The address of a container itself is explained where it is wrong, and only
// there.
func TestLocalhostInAContainer(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
	const words = "This is a container, and 127.0.0.1 is the container itself"
	point(t, "http://"+closedPort(t))
	examine(t).want(t, "TCP", "problem", words)
}

// Ctrl-C while a step hangs ends the examination, and is not the API's fault.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	point(t, srv)
	r := examineUntil(ctx, t, "-timeout", "1m")
	r.wantCode(t, 1)
	r.want(t, "TCP", "ok")
	r.want(t, "path, key", "not checked", "stopped")
	r.want(t, "latency", "not checked")
}

func TestTimeIsOver(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	point(t, bbtest.NewServer(t).URL)
	r := examineUntil(ctx, t)
	r.wantCode(t, 1)
	r.want(t, "latency", "not checked", "the time is over")
}
