package bbhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbhttp "github.com/silverbranch/bb-telegram-analytics-go/core/http"
)

// batch is how many updates a full answer of getUpdates has.
const batch = 100

// BenchmarkTransport is what a hundred updates of a throttled user cost: to decode
// them once, and to read the answer without and with the tap. The promise is that
// the tap costs no more than decoding, and 5 µs an update.
func BenchmarkTransport(b *testing.B) {
	b.Run("decode", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			var decoded struct{ Result []update }
			if err := json.Unmarshal([]byte(polled(n)), &decoded); err != nil || len(decoded.Result) != batch {
				b.Fatal(err)
			}
		}
	})
	answers := func() (answer func(*http.Request) string) {
		n := 0
		return func(*http.Request) string { n++; return polled(n) }
	}
	b.Run("without", func(b *testing.B) { read(b, telegram(answers())) })
	b.Run("with", func(b *testing.B) { read(b, bbhttp.NewTransport(liveClient(b), telegram(answers()))) })
}

// update has what a library would decode of the updates here.
type update struct {
	ID      int64 `json:"update_id"`
	Message *struct {
		ID   int64 `json:"message_id"`
		From *struct {
			ID        int64  `json:"id"`
			IsBot     bool   `json:"is_bot"`
			FirstName string `json:"first_name"`
			LastName  string `json:"last_name"`
			Username  string `json:"username"`
			Language  string `json:"language_code"`
		} `json:"from"`
		Chat *struct {
			ID        int64  `json:"id"`
			Type      string `json:"type"`
			FirstName string `json:"first_name"`
			LastName  string `json:"last_name"`
			Username  string `json:"username"`
		} `json:"chat"`
		Date int64  `json:"date"`
		Text string `json:"text"`
	} `json:"message"`
}

func read(b *testing.B, transport http.RoundTripper) {
	b.ReportAllocs()
	r, err := http.NewRequest(http.MethodPost, "https://api.telegram.org/bot42:token/getUpdates", nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		resp, err := transport.RoundTrip(r)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			b.Fatal(err)
		}
		_ = resp.Body.Close()
	}
}

var polledText = func() string {
	var updates []string
	for i := range batch {
		updates = append(updates, fmt.Sprintf(`{"update_id":$%02d,"message":{"message_id":%d,"from":{"id":1001,"is_bot":false,"first_name":"Alice","last_name":"Smith","username":"alice","language_code":"en"},"chat":{"id":1001,"first_name":"Alice","last_name":"Smith","username":"alice","type":"private"},"date":1700000000,"text":"Hello, what is the weather like in Amsterdam today?"}}`, i, i))
	}
	return `{"ok":true,"result":[` + strings.Join(updates, ",") + `]}`
}()

func polled(n int) string { return strings.ReplaceAll(polledText, "$", fmt.Sprint(n+1)) }

// telegram answers every request with a text.
type telegram func(*http.Request) string

func (f telegram) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: make(http.Header), Request: r,
		Body: io.NopCloser(strings.NewReader(f(r))),
	}, nil
}

// liveClient returns a client as in production, whose events go nowhere.
func liveClient(tb testing.TB) *bb.Client {
	tb.Helper()
	client, err := bb.New(bb.Config{
		Enabled: true, BaseURL: "http://bb.test", IntegrationKey: "key",
		Transport: refuse{}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		_ = client.Shutdown(ended) // the events are lost on purpose
	})
	return client
}

type refuse struct{}

func (refuse) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }
