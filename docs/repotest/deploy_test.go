package repotest

import (
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// blockOf returns the only block of a page in a language.
func blockOf(t *testing.T, path, lang string) string {
	t.Helper()
	for _, b := range pages(t, path)[0].blocks {
		if b.lang == lang {
			return b.code
		}
	}
	t.Fatalf("%s has no block of %s", path, lang)
	return ""
}

// installed returns where a program is. Without it the test is skipped, or fails where
// BB_REQUIRE names it.
func installed(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case strings.Contains(os.Getenv("BB_REQUIRE"), name):
		t.Fatal(err)
	}
	t.Skip(err)
	return ""
}

func TestUnitOfSystemd(t *testing.T) {
	analyze := installed(t, "systemd-analyze")
	unit := filepath.Join(t.TempDir(), "mybot.service")
	write(t, unit, strings.Replace(blockOf(t, "docs/deploy.md", "ini"), "/usr/local/bin/mybot", analyze, 1)) // a program that is there
	if out, _ := exec.Command(analyze, "verify", unit).CombinedOutput(); strings.Contains(string(out), filepath.Base(unit)) {
		t.Errorf("%s", out) // which may speak of other units of the machine too
	}
}

// nginx with the configuration of docs/deploy.md hands a webhook and its secret to the
// bot, and answers 502 while there is none.
func TestWebhookBehindNginx(t *testing.T) {
	nginx := installed(t, "nginx")
	secret := make(chan string, 1)
	bot := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		secret <- r.Header.Get("X-Telegram-Bot-Api-Secret-Token")
	}))
	front := httptest.NewTLSServer(nil) // for its certificate, its client, and an address that is free
	address := front.Listener.Addr().String()
	front.Close()

	dir := t.TempDir()
	pair := front.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "fullchain.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	write(t, filepath.Join(dir, "privkey.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	site := strings.NewReplacer("/etc/letsencrypt/live/bot.example.com", dir, "listen 443", "listen "+address,
		"127.0.0.1:8080", bot.Listener.Addr().String()).Replace(blockOf(t, "docs/deploy.md", "nginx"))
	conf := filepath.Join(dir, "nginx.conf")
	write(t, conf, "daemon off; master_process off; pid "+dir+"/pid; error_log stderr; events {} http { access_log off; client_body_temp_path "+dir+"; proxy_temp_path "+dir+"; "+site+" }")

	running := exec.Command(nginx, "-c", conf, "-p", dir)
	running.Stderr = t.Output()
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = running.Process.Kill(); _ = running.Wait() }()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}

	bot.Start()
	if status := postUpdate(t, front, address); status != http.StatusOK || <-secret != "letters and digits" {
		t.Errorf("a webhook through nginx: HTTP %d, or the secret is missing", status)
	}
	bot.Close()
	if status := postUpdate(t, front, address); status != http.StatusBadGateway {
		t.Errorf("a webhook while the bot is away: HTTP %d, want 502", status)
	}
}

func postUpdate(t *testing.T, front *httptest.Server, address string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+address+"/", strings.NewReader(`{"update_id":1}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", "letters and digits")
	resp, err := front.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
