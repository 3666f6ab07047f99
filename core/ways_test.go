package bb_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// trusted is the certificate of the servers below. The process trusts it, where
// the system reads SSL_CERT_FILE.
var trusted tls.Certificate

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "bb")
	if err != nil {
		log.Fatal(err)
	}
	trusted = selfSigned()
	file := filepath.Join(dir, "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: trusted.Certificate[0]})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		log.Fatal(err)
	}
	if err := os.Setenv("SSL_CERT_FILE", file); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func selfSigned() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// way is how requests reach a server: over connections of our own or by net/http,
// in clear text or with TLS.
type way struct {
	tls      bool
	standard bool
}

// onEachWay runs a test for each way.
func onEachWay(t *testing.T, test func(t *testing.T, w way)) {
	for name, w := range map[string]way{
		"own, clear": {}, "own, TLS": {tls: true},
		"net/http, clear": {standard: true}, "net/http, TLS": {tls: true, standard: true},
	} {
		t.Run(name, func(t *testing.T) {
			if w.tls && (runtime.GOOS == "windows" || runtime.GOOS == "darwin") {
				t.Skip("SSL_CERT_FILE is not read here")
			}
			test(t, w)
		})
	}
}

// client returns a client that sends this way.
func (w way) client(t *testing.T, url string, configure ...func(*bb.Config)) *bb.Client {
	t.Helper()
	return realClient(t, url, append([]func(*bb.Config){func(cfg *bb.Config) {
		if w.standard {
			transport := &http.Transport{MaxIdleConnsPerHost: bb.DefaultMaxInFlight, MaxConnsPerHost: bb.DefaultMaxInFlight}
			t.Cleanup(transport.CloseIdleConnections)
			cfg.Transport = transport
		}
	}}, configure...)...)
}

// listen returns a listener and the URL that leads to it.
func (w way) listen(t *testing.T, address string) (net.Listener, string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if !w.tls {
		return listener, "http://" + listener.Addr().String()
	}
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{trusted}}), "https://" + listener.Addr().String()
}

// serve runs an HTTP server.
func (w way) serve(t *testing.T, handler http.HandlerFunc, configure ...func(*httptest.Server)) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(handler)
	for _, change := range configure {
		change(srv)
	}
	if w.tls {
		srv.TLS = &tls.Config{Certificates: []tls.Certificate{trusted}}
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return srv
}

// raw answers each connection by hand: answer is called with each request, until
// it returns false. n counts requests.
func (w way) raw(t *testing.T, answer func(n int, conn net.Conn, r *http.Request) bool) (url string) {
	t.Helper()
	listener, url := w.listen(t, "127.0.0.1:0")
	var n atomic.Int32
	accept(t, listener, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil || !answer(int(n.Add(1)), conn, r) {
				return
			}
		}
	})
	return url
}

// accept serves each connection in a goroutine, until the end of the test.
func accept(t *testing.T, listener net.Listener, serve func(net.Conn)) {
	t.Helper()
	var conns sync.WaitGroup
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
				serve(conn)
			})
		}
	})
}
