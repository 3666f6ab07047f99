package bb_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/clock"
)

// pipes is a network without sockets, which works in fake time.
type pipes struct {
	header string // of each answer: a line, or nothing

	mu     sync.Mutex
	dialed []string
	open   int
	bodies []string
}

func (w *pipes) dial(_ context.Context, network, address string) (net.Conn, error) {
	near, far := net.Pipe()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dialed = append(w.dialed, network+" "+address)
	w.open++
	go w.serve(far)
	return near, nil
}

func (w *pipes) serve(conn net.Conn) {
	defer func() {
		conn.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.open--
	}()
	for requests := bufio.NewReader(conn); ; {
		r, err := http.ReadRequest(requests)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.mu.Lock()
		w.bodies = append(w.bodies, string(body))
		status := "200 OK"
		if w.header != "" && len(w.bodies) == 1 {
			status = "429 Too Many Requests\r\n" + w.header
		}
		w.mu.Unlock()
		_, _ = io.WriteString(conn, "HTTP/1.1 "+status+"\r\nContent-Length: 2\r\n\r\n{}")
	}
}

func (w *pipes) delivered() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bodies
}

func (w *pipes) client(t *testing.T, clock *clock.Clock) *bb.Client {
	t.Helper()
	cfg := bb.Config{Enabled: true, BaseURL: "http://bb.test", IntegrationKey: testKey, Logger: slog.New(slog.DiscardHandler)}
	client, err := bb.NewIn(cfg, clock, w.dial)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestAllConnectionsAreDialedInOnePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &pipes{}
		client := w.client(t, nil)
		client.Send(bb.Event{Name: "x"})
		if err := client.Close(); err != nil || len(w.delivered()) != 1 || w.dialed[0] != "tcp bb.test:80" {
			t.Errorf("Close = %v, %d delivered, dialed %q", err, len(w.delivered()), w.dialed)
		}
	})
}

// A clock that jumps dates events, and does nothing else.
func TestClockThatJumps(t *testing.T) {
	for _, jump := range []time.Duration{10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			var wall clock.Clock
			w := &pipes{header: "Retry-After: 60"}
			client := w.client(t, &wall)
			start := time.Now()
			client.Send(bb.Event{Name: "before"})
			client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
			wall.Jump(jump)
			client.Send(bb.Event{Name: "after"})
			client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
			if got := client.Stats().Throttled; got != 1 {
				t.Errorf("%d activities of one window were throttled, want 1", got)
			}
			if err := client.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took < 60*time.Second || took > 70*time.Second {
				t.Errorf("delivered after %v, want Retry-After: 60 s", took)
			}
			all := strings.Join(w.delivered(), "\n")
			for name, at := range map[string]time.Time{"before": start, "after": start.Add(jump)} {
				if want := `"event_name":"` + name + `","occurred_at":"` + at.UTC().Format("2006-01-02T15:04:05"); !strings.Contains(all, want) {
					t.Errorf("no event %s in\n%s", want, all)
				}
			}
			if s := client.Stats(); s.Delivered != 3 || s.Dropped != 0 {
				t.Errorf("Stats = %+v", s)
			}
		})
	}
}

// A date in Retry-After is read on the clock of this machine.
func TestRetryAfterADateOnAWrongClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wall clock.Clock
		wall.Jump(-time.Hour)
		start := time.Now()
		w := &pipes{header: "Retry-After: " + start.Add(-time.Hour+90*time.Second).UTC().Format(http.TimeFormat)}
		client := w.client(t, &wall)
		client.Send(bb.Event{Name: "x"})
		if err := client.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took < 89*time.Second || took > 100*time.Second {
			t.Errorf("delivered after %v, want 90 s", took)
		}
	})
}

// An activity that its sender dated just now goes by the clock that does not jump,
// like one without a date.
func TestClockThatJumpsBackSilencesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock clock.Clock
		client := new(pipes).client(t, &clock)
		const minutes = 90
		for minute := range minutes {
			if minute == minutes/2 {
				clock.Jump(-time.Hour / 2)
			}
			client.Send(bb.Event{Name: bb.EventActivity, UserID: 7, OccurredAt: clock.Date(time.Now()).Add(-time.Millisecond)})
			time.Sleep(time.Minute)
		}
		if s := client.Stats(); s.Throttled != 0 {
			t.Errorf("%d of %d activities were throttled, a minute after the last", s.Throttled, minutes)
		}
	})
}

// A changed address is found though the old one goes on to answer.
func TestConnectionIsLeftAfterFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &pipes{}
		client := w.client(t, nil)
		for range 16 {
			client.Send(bb.Event{Name: "x"})
			time.Sleep(20 * time.Second)
		}
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if n := len(w.dialed); n != 2 {
			t.Errorf("%d connections for an event each 20 s for 5 minutes and 20 s, want 2", n)
		}
	})
}

func TestIdleConnectionIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &pipes{}
		client := w.client(t, nil)
		for _, want := range []int{1, 0} {
			client.Send(bb.Event{Name: "x"})
			time.Sleep(29*time.Second + time.Duration(1-want)*2*time.Second)
			synctest.Wait()
			w.mu.Lock()
			if w.open != want {
				t.Errorf("%d connections are open, want %d", w.open, want)
			}
			w.mu.Unlock()
		}
	})
}
