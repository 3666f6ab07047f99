package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// examineIn runs the doctor as a process of its own: net/http and crypto/x509
// read proxies and certificates from the environment once only.
func examineIn(t *testing.T, base, key string, env ...string) reading {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=1",
		bb.EnvEnabled+"=true", bb.EnvBaseURL+"="+base, bb.EnvIntegrationKey+"="+key)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", out) // to be read with -v
	if strings.Contains(string(out), key) {
		t.Errorf("the key shows:\n%s", out)
	}
	return read(cmd.ProcessState.ExitCode(), string(out))
}

func TestProxy(t *testing.T) {
	proxy := bbtest.NewServer(t) // it does not mind that it is asked for another host
	address := strings.TrimPrefix(proxy.URL, "http://")
	r := examineIn(t, "http://api.example", proxy.Key, "HTTP_PROXY=http://user:pass-word@"+address)
	r.wantCode(t, 0)
	r.want(t, "proxy", "ok", "HTTP_PROXY applies: requests go through http://"+address)
	r.want(t, "TCP", "ok", address)
	r.want(t, "path, key", "ok")
	if strings.Contains(r.text, "pass-word") {
		t.Errorf("the password of the proxy shows: %s", r.text)
	}
}

func TestProxyThatDoesNotApply(t *testing.T) {
	api := bbtest.NewServer(t)
	r := examineIn(t, api.URL, api.Key, "http_proxy=http://proxy.example")
	r.wantCode(t, 0)
	r.want(t, "proxy", "ok", "http_proxy is set, but a loopback address goes without")
	r = examineIn(t, "http://0.0.0.0:9", secret, "HTTP_PROXY=http://proxy.example", "NO_PROXY=0.0.0.0")
	r.want(t, "proxy", "ok", "NO_PROXY exempts this host")
	r = examineIn(t, "http://0.0.0.0:9", secret, "ALL_PROXY=http://proxy.example")
	r.want(t, "proxy", "warning", "ALL_PROXY", "HTTP_PROXY too")
}

func TestBrokenProxy(t *testing.T) {
	for _, value := range []string{
		"http://user:pass-word@proxy example", "ftp://user:pass-word@proxy", "http://:3128",
	} {
		r := examineIn(t, "http://api.example", secret, "HTTP_PROXY="+value)
		r.wantCode(t, 1)
		r.want(t, "proxy", "problem", "HTTP_PROXY is not the address of a proxy")
		r.want(t, "DNS", "not checked", `first fix "proxy"`)
		if strings.Contains(r.text, "pass-word") {
			t.Errorf("the password of the proxy shows: %s", r.text)
		}
	}
	r := examineIn(t, "http://0.0.0.0:9", secret, "HTTP_PROXY=http://user:pass-word@proxy\n")
	r.want(t, "proxy", "warning", "HTTP_PROXY is not the address of a proxy, and is ignored")
	if strings.Contains(r.text, "pass-word") {
		t.Errorf("the password of the proxy shows: %s", r.text)
	}
	r = examineIn(t, "http://0.0.0.0:9", secret, "HTTP_PROXY=http://proxy.example", "REQUEST_METHOD=GET")
	r.want(t, "proxy", "problem", "REQUEST_METHOD, which makes this look like a CGI program")
	r = examineIn(t, "http://api.example", secret, "HTTP_PROXY=http://"+closedPort(t))
	r.want(t, "TCP", "problem", "the proxy cannot be reached", "Check HTTP_PROXY, or put api.example into NO_PROXY")
}

// With a proxy the certificate is seen with the answer only.
func TestRefusalOfTheProxy(t *testing.T) {
	proxy := httptest.NewServer(answering(http.StatusForbidden))
	defer proxy.Close()
	r := examineIn(t, "https://api.example", secret, "HTTPS_PROXY="+proxy.URL)
	r.wantCode(t, 1)
	r.want(t, "TLS", "not checked", "the next step shows it")
	r.want(t, "path, key", "problem", "Forbidden", "that of the proxy, "+proxy.URL)
}

func TestTrustedCertificate(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("SSL_CERT_FILE is not read on this system")
	}
	srv := serveTLS(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	r := examineIn(t, srv.URL, secret, "SSL_CERT_FILE="+file)
	r.want(t, "TLS", "ok", "TLS 1.3; the certificate is valid until "+srv.Certificate().NotAfter.Format(day))
	r.want(t, "path, key", "problem", "HTTP 404")
}
