package bb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

const testKey = "very-secret-integration-key"

var errRefused = errors.New("connection refused")

// request is what the fake API saw of one request.
type request struct {
	n    int // from 1
	at   time.Time
	name string
	key  string
	user int64
	ctx  context.Context
}

// fakeAPI is a transport that needs no socket, so that it works in fake time.
type fakeAPI struct {
	// answer decides on each request; nil: 200. It runs without the lock.
	answer func(request) (int, http.Header, error)

	mu         sync.Mutex
	requests   []request
	taken      map[string]int // answered with 2xx, by key
	inFlight   int
	mostAtOnce int
}

func (f *fakeAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var ev struct {
		Name string `json:"event_name"`
		Key  string `json:"idempotency_key"`
		User int64  `json:"tg_user_id"`
	}
	if err := json.Unmarshal(body, &ev); err != nil {
		return nil, err
	}
	f.mu.Lock()
	seen := request{n: len(f.requests) + 1, at: time.Now(), name: ev.Name, key: ev.Key, user: ev.User, ctx: r.Context()}
	f.requests = append(f.requests, seen)
	f.inFlight++
	f.mostAtOnce = max(f.mostAtOnce, f.inFlight)
	f.mu.Unlock()

	status, header, err := 200, http.Header(nil), error(nil)
	if f.answer != nil {
		status, header, err = f.answer(seen)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inFlight--
	if cause := r.Context().Err(); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, err
	}
	if status >= 200 && status < 300 {
		f.takeLocked(ev.Key)
	}
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// take counts an event whose answer never comes.
func (f *fakeAPI) take(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.takeLocked(key)
}

func (f *fakeAPI) takeLocked(key string) {
	if f.taken == nil {
		f.taken = make(map[string]int)
	}
	f.taken[key]++
}

func (f *fakeAPI) seen() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]request(nil), f.requests...)
}

func (f *fakeAPI) delivered() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.taken)
}

func status(code int) func(request) (int, http.Header, error) {
	return func(request) (int, http.Header, error) { return code, nil, nil }
}

// after takes every event, and takes its time.
func after(delay time.Duration) func(request) (int, http.Header, error) {
	return func(request) (int, http.Header, error) {
		time.Sleep(delay)
		return 200, nil, nil
	}
}

// always answers events of one name with code, and takes the others.
func always(name string, code int) func(request) (int, http.Header, error) {
	return func(r request) (int, http.Header, error) {
		if r.name == name {
			return code, nil, nil
		}
		return 200, nil, nil
	}
}

// alwaysUnless is always until healed is set, and takes everything from then on.
func alwaysUnless(healed *atomic.Bool, name string, code int) func(request) (int, http.Header, error) {
	ill := always(name, code)
	return func(r request) (int, http.Header, error) {
		if healed.Load() {
			return 200, nil, nil
		}
		return ill(r)
	}
}

// until answers with code before a moment, and takes everything from then on.
func until(end time.Time, code int) func(request) (int, http.Header, error) {
	return func(r request) (int, http.Header, error) {
		if r.at.Before(end) {
			return code, nil, nil
		}
		return 200, nil, nil
	}
}

// newClient returns a client on the fake API whose log goes nowhere.
func newClient(t *testing.T, api http.RoundTripper, configure ...func(*bb.Config)) *bb.Client {
	t.Helper()
	cfg := bb.Config{Enabled: true, IntegrationKey: testKey, Transport: api, Logger: slog.New(slog.DiscardHandler)}
	for _, change := range configure {
		change(&cfg)
	}
	client, err := bb.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		_ = client.Shutdown(ctx)
		checkLedger(t, client)
	})
	return client
}

// checkLedger holds the client against its equation.
func checkLedger(t *testing.T, client *bb.Client) {
	t.Helper()
	s := client.Stats()
	if s.Received+s.Recovered != s.Delivered+s.Dropped+s.HandedOver+uint64(s.Pending) {
		t.Errorf("the ledger does not add up: %+v", s)
	}
	var byReason uint64
	for _, n := range s.DroppedBy {
		byReason += n
	}
	if byReason != s.Dropped {
		t.Errorf("DroppedBy adds up to %d, Dropped is %d", byReason, s.Dropped)
	}
}

func sendMany(client *bb.Client, n int) {
	for i := range n {
		client.Send(bb.Event{Name: "choice_made", UserID: int64(i + 1)})
	}
}

// logLines is a log that can be read line by line, without the time.
type logLines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logLines) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

func (l *logLines) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSpace(l.buf.String())
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// ended returns a context that is over.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
