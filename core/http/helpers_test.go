package bbhttp_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

const (
	getUpdates = "https://api.telegram.org/bot42:secret/getUpdates"
	getMe      = "https://api.telegram.org/bot42:secret/getMe"

	me    = `{"ok":true,"result":{"id":42,"is_bot":true,"first_name":"Test","username":"test_bot"}}`
	start = `{"update_id":100,"message":{"message_id":1,"date":1700000000,"from":{"id":7},"chat":{"id":7,"type":"private"},"text":"/start"}}`
)

func updates(list ...string) string {
	return `{"ok":true,"result":[` + strings.Join(list, ",") + `]}`
}

// always answers every request alike.
func always(body string) telegram { return func(*http.Request) string { return body } }

// do makes a request and reads the answer as a library does.
func do(t *testing.T, transport http.RoundTripper, url string) (body string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"offset":0}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return string(data), err
}

// logLines collects what a client logs.
type logLines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logLines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logLines) configure(cfg *bb.Config) {
	cfg.Logger = slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// warnings returns the warnings so far. The client has to have come to rest.
func (l *logLines) warnings() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for line := range strings.Lines(l.text.String()) {
		if _, rest, warns := strings.Cut(line, "level=WARN msg="); warns {
			found = append(found, strings.TrimSpace(rest))
		}
	}
	return found
}
