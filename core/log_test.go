package bb_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// An outage takes a few lines: its begin with the remedy, once a minute
// how many events wait, and its end.
func TestOutageInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		up := time.Now().Add(150 * time.Second)
		api := &fakeAPI{answer: until(up, 401)}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelInfo) })
		sendMany(client, 10)
		time.Sleep(5 * time.Minute)
		synctest.Wait()

		const remedy = ` remedy="the integration key was not accepted: compare BB_INTEGRATION_KEY with the key of this environment (bb-bot.ru and bb.center have keys of their own)"`
		lines := log.lines()[1:] // after "analytics is on"
		if len(lines) < 4 || len(lines) > 6 {
			t.Fatalf("%d lines, want one at the start, one or two summaries, the end and the first event:\n%s", len(lines), strings.Join(lines, "\n"))
		}
		// The first request may fail before all events are sent.
		first := regexp.MustCompile(`^level=WARN msg="bb: events cannot be delivered; they are kept and retried" cause="HTTP 401"` + regexp.QuoteMeta(remedy) + ` waiting=(10|[1-9]) kept_in=memory$`)
		if !first.MatchString(lines[0]) {
			t.Errorf("the first line is\n%s\nwant\n%s", lines[0], first)
		}
		for _, line := range lines[1 : len(lines)-2] {
			if !strings.HasPrefix(line, `level=WARN msg="bb: events still cannot be delivered; they are kept and retried" cause="HTTP 401"`+remedy+` waiting=10 kept_in=memory for=`) {
				t.Errorf("a summary is\n%s", line)
			}
		}
		if line := lines[len(lines)-2]; !strings.HasPrefix(line, `level=INFO msg="bb: events are delivered again" after=`) {
			t.Errorf("the line at the end is\n%s", line)
		}
		if line := lines[len(lines)-1]; line != `level=INFO msg="bb: first event delivered"` {
			t.Errorf("the last line is\n%s", line)
		}
	})
}

// An API that asks for a pause now and then is no news.
func TestRateLimitDoesNotFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			if r.n%10 == 0 {
				return 429, http.Header{"Retry-After": {"1"}}, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelInfo) })
		sendMany(client, 1000)
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := len(log.lines()); n > 8 {
			t.Errorf("%d lines in two minutes:\n%s", n, strings.Join(log.lines(), "\n"))
		}
	})
}

func TestBlipIsNotLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			if r.n == 2 || r.n == 5 {
				return 0, nil, errRefused
			}
			return 200, nil, nil
		}}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelInfo) })
		sendMany(client, 20)
		time.Sleep(time.Minute)
		if lines := log.lines(); len(lines) != 2 || !strings.Contains(lines[1], "first event delivered") {
			t.Errorf("log = %q, want the start and the first event only", lines)
		}
	})
}

func TestDropsAreSummedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelWarn) })
		for range 100 {
			client.Send(bb.Event{Name: "bad", Payload: bb.Payload{"f": func() {}}})
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		lines := log.lines()
		if len(lines) != 3 {
			t.Fatalf("%d lines, want one at once and one a minute:\n%s", len(lines), strings.Join(lines, "\n"))
		}
		want := `level=WARN msg="bb: events dropped" reason=invalid count=1 last_event=bad last_cause="payload key \"f\": json: unsupported type: func()"`
		if lines[0] != want {
			t.Errorf("line =\n%s\nwant\n%s", lines[0], want)
		}
	})
}

func TestShutdownLogsTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{answer: status(500)}, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelWarn) })
		sendMany(client, 10)
		_ = client.Close()
		want := `level=WARN msg="bb: not all events were delivered before shutdown" received=10 recovered=0 delivered=0 dropped=10 lost_now=10 kept=0`
		if lines := log.lines(); !slices.Contains(lines, want) {
			t.Errorf("log =\n%s\nwant\n%s", strings.Join(lines, "\n"), want)
		}
	})
}

func TestWhatNewSays(t *testing.T) {
	const (
		on      = `msg="bb: analytics is on"`
		off     = "an integration key is set but analytics is disabled"
		inClear = "unencrypted"
	)
	enabled := func(base string) bb.Config { return bb.Config{Enabled: true, IntegrationKey: "k", BaseURL: base} }
	environment := func(enabled, key string) bb.Config {
		t.Setenv(bb.EnvEnabled, enabled)
		t.Setenv(bb.EnvIntegrationKey, key)
		return bb.ConfigFromEnv()
	}
	cases := []struct {
		name string
		cfg  bb.Config
		want []string // one a line
	}{
		{"nothing set", bb.Config{}, nil},
		{"nothing in the environment", environment("", ""), nil},
		{"disabled, with an outbox that could not be opened", bb.Config{Outbox: (*nilOutbox)(nil)}, nil},
		{"all set", enabled(""), []string{on + " host=bb-bot.ru kept_in=memory"}},
		{"all set in the environment", environment("yes", "k"), []string{on + " host=bb-bot.ru"}},
		{"key without the switch", bb.Config{IntegrationKey: "k"}, []string{off}},
		{"a switch that is not understood", environment("ture", "k"), []string{off + `; no event will be sent" remedy="set BB_ANALYTICS_ENABLED to true, 1 or yes, or Config.Enabled to true; it is \"ture\""`}},
		{"a key for a switch", environment("0123456789a", "k"), []string{off + `; no event will be sent" remedy="set BB_ANALYTICS_ENABLED to true, 1 or yes, or Config.Enabled to true"`}},
		{"plain HTTP to a public host", enabled("http://bb-bot.ru"), []string{on, inClear}},
		{"plain HTTP to a public address", enabled("http://93.184.216.34"), []string{on, inClear}},
		{"plain HTTP to loopback", enabled("http://127.0.0.1:8001"), []string{on + " host=127.0.0.1:8001"}},
		{"plain HTTP inside Docker", enabled("http://host.docker.internal:8001"), []string{on}},
		{"plain HTTP inside compose", enabled("http://bb-api:8000"), []string{on}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var log logLines
			c.cfg.Logger = log.logger(slog.LevelDebug)
			client, err := bb.New(c.cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			lines := log.lines()
			if len(lines) != len(c.want) {
				t.Fatalf("log = %q, want %q", lines, c.want)
			}
			for i, line := range lines {
				if !strings.Contains(line, c.want[i]) {
					t.Errorf("line = %s, want %s", line, c.want[i])
				}
			}
		})
	}
}

// The key must not show at any level, whatever happens; payloads show at
// debug only.
func TestLogNeverHoldsTheKey(t *testing.T) {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo} {
		synctest.Test(t, func(t *testing.T) {
			var log logLines
			answers := []int{200, 401, 403, 404, 422, 429, 500, 301, 409, 413}
			api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
				if r.n%11 == 0 {
					return 0, nil, fmt.Errorf("dial tcp: %w", errRefused)
				}
				return answers[r.n%len(answers)], http.Header{"Location": {"https://elsewhere.example/?k=" + testKey}}, nil
			}}
			client := newClient(t, api, func(cfg *bb.Config) { cfg.Logger = log.logger(level) })
			for i := range 100 {
				client.Send(bb.Event{Name: "x", UserID: int64(i), Payload: bb.Payload{"word": "payload-text"}})
			}
			client.Send(bb.Event{Name: "bad", Payload: bb.Payload{"word": "payload-text", "f": func() {}}})
			client.Send(bb.Event{Name: "bad", Payload: bb.Payload{"m": failing{}}})
			time.Sleep(time.Hour)
			_ = client.Check(t.Context())
			err := client.Close()
			text := strings.Join(log.lines(), "\n") + fmt.Sprint(err) + fmt.Sprintf("%+v %#v %v", client, client, client)
			if strings.Contains(text, testKey) {
				t.Error("the key shows in the log")
			}
			if shows := strings.Contains(text, "payload-text"); shows != (level == slog.LevelDebug) {
				t.Errorf("at %v payloads show: %v", level, shows)
			}
		})
	}
}

type failing struct{}

func (failing) MarshalJSON() ([]byte, error) { return nil, fmt.Errorf("quoting payload-text") }

func TestEventThatFailsAloneIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		api := &fakeAPI{answer: always("poison", 500)}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelWarn) })
		client.Send(bb.Event{Name: "order_paid"})
		client.Send(bb.Event{Name: "poison"})
		for range 120 {
			time.Sleep(time.Minute)
			client.Send(bb.Event{Name: "order_paid"})
		}
		synctest.Wait()
		text := strings.Join(log.lines(), "\n")
		const line = `fails again and again while others are delivered; it is kept and retried" cause="HTTP 500" attempts=`
		if n := strings.Count(text, line); n < 1 || n > 2 {
			t.Errorf("%d lines about the event in two hours, want one an hour:\n%s", n, text)
		}
	})
}

func TestBadNumberDoesNotReachTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelInfo) })
		client.Send(bb.Event{Name: "x", Payload: bb.Payload{"n": json.Number("secret words")}})
		synctest.Wait()
		if text := strings.Join(log.lines(), ""); !strings.Contains(text, "reason=invalid") || strings.Contains(text, "secret") {
			t.Errorf("log = %s", text)
		}
	})
}

func TestShutdownWritesTheLastSummary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelWarn) })
		for range 5 {
			client.Send(bb.Event{})
			synctest.Wait()
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if text := strings.Join(log.lines(), "\n"); !strings.Contains(text, "reason=invalid count=4") {
			t.Errorf("log =\n%s\nwant the four drops since the first line", text)
		}
	})
}
