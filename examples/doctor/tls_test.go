package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// serveTLS answers with a certificate, or with the one of httptest, for
// 127.0.0.1 and example.com, that nobody trusts.
func serveTLS(t *testing.T, certificates ...tls.Certificate) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail, as they should
	srv.TLS = &tls.Config{Certificates: certificates}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

// certify makes a certificate for 127.0.0.1.
func certify(t *testing.T, from, to time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func wantTLSProblem(t *testing.T, base string, parts ...string) {
	t.Helper()
	point(t, base)
	r := examine(t)
	r.wantCode(t, 1)
	r.want(t, "TCP", "ok")
	r.want(t, "TLS", "problem", parts...)
	r.want(t, "path, key", "not checked", `first fix "TLS"`)
}

func TestUnknownAuthority(t *testing.T) {
	wantTLSProblem(t, serveTLS(t).URL, "was not accepted", "install ca-certificates", "Acme Co")
}

func TestWrongHost(t *testing.T) {
	base := strings.Replace(serveTLS(t).URL, "127.0.0.1", "localhost", 1)
	wantTLSProblem(t, base, "not localhost", "another server")
}

func TestClock(t *testing.T) {
	now := time.Now()
	expired := certify(t, now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0))
	wantTLSProblem(t, serveTLS(t, expired).URL, "The clock of this machine says 20", "valid from", "needs a new certificate")
	early := certify(t, now.AddDate(1, 0, 0), now.AddDate(2, 0, 0))
	wantTLSProblem(t, serveTLS(t, early).URL, "The clock of this machine says 20", "Set the clock")
}

func TestNoTLSOnThePort(t *testing.T) {
	base := serve(t, answering(http.StatusNotFound))
	wantTLSProblem(t, strings.Replace(base, "http://", "https://", 1), "does not speak TLS", "http:// instead of https://")
}

func TestSilentTLSPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes the connection, and nobody speaks
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	point(t, "https://"+listener.Addr().String())
	r := examine(t, "-timeout", "1s")
	r.wantCode(t, 1)
	r.want(t, "TCP", "ok")
	r.want(t, "TLS", "problem", "no TLS handshake", "firewall")
}
