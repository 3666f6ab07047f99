package bb_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// faults are what an API and the way to it can do to requests. lost says that
// the API has the event all the same.
var faults = map[string]struct {
	answer func(request) (int, http.Header, error)
	lost   bool
}{
	"refused":          {answer: fails(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED})},
	"unknown host":     {answer: fails(&net.DNSError{Err: "no such host", Name: "bb.test", IsNotFound: true})},
	"resolver down":    {answer: fails(&net.DNSError{Err: "server misbehaving", Name: "bb.test", IsTemporary: true})},
	"certificate":      {answer: fails(x509.UnknownAuthorityError{})},
	"reset":            {answer: fails(syscall.ECONNRESET)},
	"answer lost":      {answer: fails(io.ErrUnexpectedEOF), lost: true},
	"hangs":            {answer: hangs},
	"answers too late": {answer: hangs, lost: true},
	"500":              {answer: status(500)},
	"502":              {answer: status(502)},
	"503":              {answer: status(503)},
	"504":              {answer: status(504)},
	"429":              {answer: status(429)},
	"429 for 7 s":      {answer: limited("7")},
	"429 until a date": {answer: func(r request) (int, http.Header, error) {
		return limited(r.at.Add(9 * time.Second).UTC().Format(http.TimeFormat))(r)
	}},
	"429 with nonsense": {answer: limited("soon")},
	"429 for a year":    {answer: limited("31536000")},
	"401":               {answer: status(401)},
	"403":               {answer: status(403)},
	"404":               {answer: status(404)},
	"405":               {answer: status(405)},
	"301":               {answer: status(301)},
	"302":               {answer: status(302)},
	"307":               {answer: status(307)},
	"308":               {answer: status(308)},
}

func fails(err error) func(request) (int, http.Header, error) {
	return func(request) (int, http.Header, error) { return 0, nil, err }
}

func limited(retryAfter string) func(request) (int, http.Header, error) {
	return asksToWait(http.StatusTooManyRequests, retryAfter)
}

// asksToWait answers with a Retry-After.
func asksToWait(code int, retryAfter string) func(request) (int, http.Header, error) {
	return func(request) (int, http.Header, error) {
		return code, http.Header{"Retry-After": {retryAfter}}, nil
	}
}

func hangs(r request) (int, http.Header, error) {
	<-r.ctx.Done()
	return 0, nil, r.ctx.Err()
}

// For each fault, whether it is an outage or hits one request in two: every
// event is delivered, under one key.
func TestFaultsLoseNothing(t *testing.T) {
	const events = 200
	for name, fault := range faults {
		for _, share := range []float64{1, 0.5} {
			t.Run(fmt.Sprintf("%s, %v of requests", name, share), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					end := time.Now().Add(2 * time.Minute)
					api := &fakeAPI{}
					api.answer = func(r request) (int, http.Header, error) {
						if r.at.After(end) || rand.Float64() >= share {
							return 200, nil, nil
						}
						if fault.lost {
							api.take(r.key)
						}
						return fault.answer(r)
					}
					client := newClient(t, api)
					keys := make(map[string]bool)
					for i := range events {
						client.Send(bb.Event{Name: "order_paid", UserID: int64(i + 1)})
						time.Sleep(time.Minute / events)
					}
					time.Sleep(30 * time.Minute)
					synctest.Wait()
					for _, r := range api.seen() {
						keys[r.key] = true
					}
					if len(keys) != events || api.delivered() != events {
						t.Errorf("%d keys were used and %d taken for %d events", len(keys), api.delivered(), events)
					}
					if s := client.Stats(); s.Delivered != events || s.Dropped != 0 || s.Pending != 0 {
						t.Errorf("Stats = %+v", s)
					}
				})
			})
		}
	}
}

// Answers that are about the event itself cost this event, once, and no other.
func TestRefusalsCostOneEvent(t *testing.T) {
	for _, code := range []int{400, 413, 422} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
					if r.user%10 == 0 {
						return code, nil, nil
					}
					return 200, nil, nil
				}}
				client := newClient(t, api)
				sendMany(client, 100)
				if err := client.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if s := client.Stats(); s.Delivered != 90 || s.DroppedBy[bb.DropRefused] != 10 || s.Retries != 0 {
					t.Errorf("Stats = %+v", s)
				}
			})
		})
	}
}

// Whatever some events always get: they are kept, the others are delivered
// within seconds, also by Close, and the log does not call that an outage.
func TestEventsThatAlwaysFailHoldUpNobody(t *testing.T) {
	answers := map[string]func(request) (int, http.Header, error){
		"503 for 3 s": asksToWait(503, "3"),
		"500":         status(500), "reset": fails(syscall.ECONNRESET), "timeout": hangs,
	}
	for _, code := range []int{301, 401, 402, 403, 404, 405, 406, 407, 410, 411, 415, 418, 421, 426, 431, 451} {
		answers[fmt.Sprint(code)] = status(code)
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const events = 300
				every := int64(10)
				if name == "timeout" {
					every = 100 // each takes one of 16 places for as long as Close has
				}
				api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
					time.Sleep(20 * time.Millisecond)
					if r.user%every == 0 {
						return answer(r)
					}
					return 200, nil, nil
				}}
				lines := &logLines{}
				client := newClient(t, api, func(cfg *bb.Config) { cfg.Logger = lines.logger(slog.LevelInfo) })
				sendMany(client, events)
				if err := client.Close(); err == nil {
					t.Error("Close = nil, although events were lost")
				}
				poison := uint64(events / every)
				if s := client.Stats(); s.Delivered != events-poison || s.Dropped != poison || s.DroppedBy[bb.DropClosed] != poison {
					t.Errorf("Stats = %+v, want all but those that always fail delivered", s)
				}
				if n := strings.Count(strings.Join(lines.lines(), "\n"), "delivered again"); n > 1 {
					t.Errorf("the log says %d times that events are delivered again", n)
				}
			})
		})
	}
}

// Shutdown keeps its deadline whatever the API does, and says what is lost.
func TestShutdownWithEveryDeadline(t *testing.T) {
	for name, fault := range faults {
		for _, deadline := range []time.Duration{0, time.Millisecond, time.Second, 30 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, &fakeAPI{answer: fault.answer})
				sendMany(client, 50)
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				start := time.Now()
				err := client.Shutdown(ctx)
				if err == nil {
					t.Errorf("%s: Shutdown = nil", name)
				}
				if late := time.Since(start) - deadline; late > time.Second {
					t.Errorf("%s: Shutdown took %v longer than its deadline of %v", name, late, deadline)
				}
				if s := client.Stats(); s.Received != 50 || s.DroppedBy[bb.DropClosed] != 50 || s.Pending != 0 {
					t.Errorf("%s: Stats = %+v", name, s)
				}
			})
		}
	}
}
