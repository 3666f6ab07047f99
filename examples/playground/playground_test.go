package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestHeadless(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-headless"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, &stdout, &stderr)
	}
	for _, want := range []string{"Every event arrived and was counted once.", "Capture.StartParams has not its prefix", `"start_param":"vk_autumn"`, "payment_succeeded", "bot_blocked"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, &stdout)
		}
	}
	t.Log("\n" + stdout.String())
}

func TestUnknownFlag(t *testing.T) {
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"-browser"}, io.Discard, &stderr); code != 2 || !strings.Contains(stderr.String(), "-headless") {
		t.Errorf("exit code %d, %s", code, &stderr)
	}
}

func TestFlagsThatDoNotFit(t *testing.T) {
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"-headless", "-api", ":0"}, io.Discard, &stderr); code != 2 || !strings.Contains(stderr.String(), "leave out -headless") {
		t.Errorf("exit code %d, %s", code, &stderr)
	}
	stderr.Reset()
	if code := run(t.Context(), []string{"headless"}, io.Discard, &stderr); code != 2 || !strings.Contains(stderr.String(), "no flag") {
		t.Errorf("exit code %d, %s", code, &stderr)
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for flag, args := range map[string][]string{
		"-listen":   {"-listen", taken.Addr().String(), "-api", ":0"},
		"-api":      {"-listen", ":0", "-api", taken.Addr().String()},
		"-telegram": {"-listen", ":0", "-telegram", taken.Addr().String()},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), args, &stdout, &stderr)
		if stdout.Len() > 0 {
			t.Errorf("%s: nothing was served, and it says %s", flag, &stdout)
		}
		if out := stderr.String(); code != 1 || !strings.Contains(out, taken.Addr().String()) || !strings.Contains(out, "try "+flag+" 127.0.0.1:") {
			t.Errorf("%s: exit code %d, %s", flag, code, out)
		}
	}
}

// What is no address, or another machine's, is answered with one that works.
func TestNoSuchAddress(t *testing.T) {
	for _, address := range []string{"7070", "nosuchhost.invalid:7070", "127.0.0.1:http-ish"} {
		var stderr bytes.Buffer
		if code := run(t.Context(), []string{"-listen", address}, io.Discard, &stderr); code != 1 || !strings.Contains(stderr.String(), "try -listen 127.0.0.1:0") {
			t.Errorf("%s: exit code %d, %s", address, code, &stderr)
		}
	}
}

// A playground that cannot fail proves nothing.
func TestBrokenAPIFails(t *testing.T) {
	tests := []struct {
		name  string
		treat func(api http.Handler, body string) // of one choice_made, which is answered with 200
		fault string
	}{
		{"drops an event", func(http.Handler, string) {}, "<- 1 missing"},
		{"counts an event twice", func(api http.Handler, body string) {
			post(api, body)
			post(api, idempotencyKey.ReplaceAllString(body, `"idempotency_key":"00000000-0000-4000-8000-000000000000"`))
		}, "<- 1 too many"},
		{"takes an event of another name", func(api http.Handler, body string) {
			post(api, strings.Replace(body, "choice_made", "choice_lost", 1))
		}, "choice_lost               0        1      0  <- 1 too many"},
		{"refuses an event", func(api http.Handler, body string) {
			post(api, strings.Replace(body, `"payload":`, `"load":`, 1))
			post(api, body)
		}, "422, payload is required"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var done atomic.Bool
			broken := func(api http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						t.Error(err)
					}
					if strings.Contains(string(body), "choice_made") && done.CompareAndSwap(false, true) {
						test.treat(withKey(api, r), string(body))
						return
					}
					r.Body = io.NopCloser(bytes.NewReader(body))
					api.ServeHTTP(w, r)
				})
			}
			var out bytes.Buffer
			ledger, err := play(t.Context(), script[:4], settings{out: &out, patience: 2 * time.Second, aroundAPI: broken})
			if err != nil {
				t.Fatal(err)
			}
			ledger.print()
			if ledger.ok() || !strings.Contains(out.String(), test.fault) {
				t.Errorf("ok %v, want the output to show %q:\n%s", ledger.ok(), test.fault, &out)
			}
		})
	}
}

var idempotencyKey = regexp.MustCompile(`"idempotency_key":"[^"]*"`)

func post(api http.Handler, body string) {
	r := httptest.NewRequest(http.MethodPost, "/api/bot/events", strings.NewReader(body))
	api.ServeHTTP(httptest.NewRecorder(), r)
}

// withKey returns api with every request carrying the headers of r.
func withKey(api http.Handler, r *http.Request) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, copied *http.Request) {
		copied.Header = r.Header
		api.ServeHTTP(w, copied)
	})
}

func TestInterruptInAnOutage(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	interrupted := append(script[:1:1], step{
		title:   "The API goes down, then Ctrl-C.",
		happens: inOrder(apiFails, each(writes(hal, hal.ID, "/start")), untilRefused, interrupt(cancel)),
		counted: events{"user_started": 1},
	})
	if _, err := play(ctx, interrupted, settings{out: io.Discard, patience: time.Hour}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted play ended with %v", err)
	}
}

func interrupt(cancel context.CancelFunc) func(context.Context, *playground) error {
	return func(context.Context, *playground) error {
		cancel()
		return nil
	}
}
