package bbdisk

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// A bot dies with events undelivered. The next one, with another key and
// address, says so once and delivers each of them once.
func TestBotThatWasKilled(t *testing.T) {
	const events = 50
	dir := t.TempDir()
	_ = startChild(t, "send", dir, events).cmd.Wait()
	for name, data := range contents(t, dir) {
		if strings.Contains(data, childKey) {
			t.Errorf("%s holds the integration key", name)
		}
	}

	srv := bbtest.NewServer(t)
	var log bytes.Buffer // read once Close has waited for its last line
	client := srv.Client(func(cfg *bb.Config) {
		cfg.Outbox = openBox(t, dir)
		cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	})
	if n := client.Stats().Recovered; n != events {
		t.Errorf("Recovered = %d, want %d", n, events)
	}
	got := srv.Wait("order_paid", events)
	if err := client.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	keys := make(map[string]int)
	for _, ev := range got {
		keys[ev.IdempotencyKey]++
	}
	for i := range events {
		if keys[eventKey(i)] != 1 {
			t.Errorf("event %d was delivered %d times", i, keys[eventKey(i)])
		}
	}
	host, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 1 {
		t.Fatalf("the log has %d warnings, want 1:\n%s", len(lines), log.String())
	}
	for _, want := range []string{"count=50", "accepted_for=127.0.0.1:1", "sent_to=" + host.Host} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("the warning lacks %s:\n%s", want, lines[0])
		}
	}
	s := client.Stats()
	if s.Delivered != events || s.Pending != 0 || s.Received+s.Recovered != s.Delivered+s.Dropped {
		t.Errorf("Stats = %+v", s)
	}
	if files := contents(t, dir); len(files) != 0 {
		t.Errorf("%d segments are left though nothing waits", len(files))
	}
}

// The same key and address again: no warning.
func TestRestartAfterClose(t *testing.T) {
	dir, srv := t.TempDir(), bbtest.NewServer(t)
	first := srv.Client(func(cfg *bb.Config) {
		cfg.Outbox, cfg.Transport, cfg.Logger = openBox(t, dir), unreachable{}, slog.New(slog.DiscardHandler)
	})
	first.Send(bb.Event{Name: "order_paid", IdempotencyKey: eventKey(1)})
	if err := first.Shutdown(ended(t)); err != nil {
		t.Errorf("Shutdown = %v, though the disk keeps the event", err)
	}
	if s := first.Stats(); s.Pending != 1 || s.Dropped != 0 {
		t.Errorf("Stats = %+v after Shutdown, want one pending", s)
	}
	var log bytes.Buffer
	second := srv.Client(func(cfg *bb.Config) {
		cfg.Outbox = openBox(t, dir)
		cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	})
	srv.Wait("order_paid", 1)
	if err := second.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	if s := second.Stats(); s.Recovered != 1 || s.Delivered != 1 {
		t.Errorf("Stats = %+v, want one recovered and delivered", s)
	}
	if log.Len() > 0 {
		t.Errorf("there was a warning: %s", log.String())
	}
}

type unreachable struct{}

func (unreachable) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, syscall.ECONNREFUSED
}

// ended is a context that is over.
func ended(tb testing.TB) context.Context {
	ctx, cancel := context.WithCancel(tb.Context())
	cancel()
	return ctx
}

// What is wrong with the folder is in the log within seconds, once, and the bot
// goes on.
func TestLogSaysWhatIsWrongWithTheFolder(t *testing.T) {
	cases := map[string]struct {
		harm func(t *testing.T, dir string) Option
		want string
	}{
		"damaged": {func(t *testing.T, dir string) Option {
			data := contents(t, dir)[segmentPath("", 1)]
			mustDo(t, os.WriteFile(segmentPath(dir, 1), []byte("?"+data[1:]), 0o600))
			return nil
		}, "bbdisk: 28 damaged bytes were skipped, and all that is whole is delivered; kept for you to look at: 0000000000000001.damaged"},
		"read-only": {func(t *testing.T, dir string) Option {
			cause := error(syscall.EROFS)
			return func(o *options) { o.System = refusing{o.System, &cause} }
		}, "1 event kept in memory only: open "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				first := mustOpen(t, dir)
				mustPut(t, first, `{"event_name":"before"}`)
				crash(first)
				opts := []Option{}
				if opt := c.harm(t, dir); opt != nil {
					opts = append(opts, opt)
				}
				var log bytes.Buffer
				client, err := bb.New(bb.Config{
					Enabled: true, IntegrationKey: "k", Transport: unreachable{}, Outbox: openBox(t, dir, opts...),
					Logger: slog.New(slog.NewTextHandler(&log, nil)),
				})
				mustDo(t, err)
				client.Send(bb.Event{Name: "order_paid"})
				time.Sleep(30 * time.Second)
				if s := client.Stats(); s.Recovered != 1 || s.Pending != 2 {
					t.Errorf("Stats = %+v, want one event recovered and one more", s)
				}
				_ = client.Shutdown(ended(t))
				if n := strings.Count(log.String(), "the outbox failed"); n != 1 || !strings.Contains(log.String(), c.want) {
					t.Errorf("the log has %d lines about the outbox, want one with %q:\n%s", n, c.want, log.String())
				}
			})
		})
	}
}
