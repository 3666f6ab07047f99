package bbtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// watched returns an API, its last request, and which requests were answered.
func watched() (api *bbtest.API, last *bbtest.Request, answered *[]bool) {
	api, last, answered = bbtest.NewAPI("key"), new(bbtest.Request), new([]bool)
	api.OnRequest = func(r bbtest.Request) { *last = r }
	api.OnAnswer = func(_ bbtest.Request, got bool) { *answered = append(*answered, got) }
	return api, last, answered
}

func roundTrip(ctx context.Context, api *bbtest.API) (status int, err error) {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/bot/events", strings.NewReader(goodBody))
	r.Header.Set("Authorization", "Bearer key")
	r.Header.Set("Content-Type", "application/json")
	response, err := api.RoundTrip(r)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

func TestDecideAnswersWhatTheScriptLeaves(t *testing.T) {
	api, last, _ := watched()
	api.Decide(func(r bbtest.Request) bbtest.Answer {
		if r.Event.Name != "choice_made" {
			t.Errorf("decides on %+v", r)
		}
		return bbtest.Answer{Status: 429, RetryAfter: "10"}
	})
	api.Answer(bbtest.Answer{Status: 503})
	for _, want := range []int{503, 429, 429} {
		if got, err := roundTrip(t.Context(), api); got != want || last.Status != want || last.Taken {
			t.Errorf("status %d, %v, request %+v; want %d", got, err, *last, want)
		}
	}
	if last.RetryAfter != "10" || len(api.Events()) != 0 {
		t.Errorf("%+v, events %v", *last, api.Events())
	}
}

// The client that got no answer sends the event again: it counts once.
func TestCutAfterTaking(t *testing.T) {
	api, last, answered := watched()
	api.Answer(bbtest.Answer{Cut: true}, bbtest.Answer{Status: 503, Cut: true})
	for _, taken := range []bool{true, false} {
		if _, err := roundTrip(t.Context(), api); !errors.Is(err, io.ErrUnexpectedEOF) || last.Taken != taken || last.Status != 0 {
			t.Errorf("%v, request %+v; want taken %v and no answer", err, *last, taken)
		}
	}
	if status, err := roundTrip(t.Context(), api); status != 200 || !last.Repeat || len(api.Events()) != 1 {
		t.Errorf("sent again: %d, %v, %+v, %d events", status, err, *last, len(api.Events()))
	}
	if !slices.Equal(*answered, []bool{false, false, true}) {
		t.Errorf("answered: %v, want only the third", *answered)
	}
}

// A slow API has taken the event long before it says so.
func TestDelayEndsWithItsClientOrADecision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, last, answered := watched()
		slow := func(bbtest.Request) bbtest.Answer { return bbtest.Answer{Delay: time.Hour} }
		api.Decide(slow)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := roundTrip(ctx, api); !errors.Is(err, context.DeadlineExceeded) || !last.Taken || last.Repeat {
			t.Errorf("given up by the client: %v, %+v", err, *last)
		}
		began, done := time.Now(), make(chan int, 1)
		go func() {
			status, _ := roundTrip(t.Context(), api)
			done <- status
		}()
		synctest.Wait()
		api.Decide(slow) // hurries what is on its way
		if status := <-done; status != 200 || !last.Repeat || time.Since(began) != 0 {
			t.Errorf("hurried: %d after %v, %+v", status, time.Since(began), *last)
		}
		if status, _ := roundTrip(t.Context(), api); status != 200 || time.Since(began) != time.Hour {
			t.Errorf("in time: %d after %v", status, time.Since(began))
		}
		if !slices.Equal(*answered, []bool{false, true, true}) {
			t.Errorf("answered: %v", *answered)
		}
	})
}

func TestAPIIsATransportInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := bbtest.NewAPI("key")
		api.Answer(bbtest.Answer{Hang: true}, bbtest.Answer{Status: 503})
		client, err := bb.New(bb.Config{Enabled: true, IntegrationKey: "key", Transport: api})
		if err != nil {
			t.Fatal(err)
		}
		client.Send(bb.Event{Name: "order_paid"})
		if err := client.Flush(t.Context()); err != nil || len(api.Events("order_paid")) != 1 {
			t.Errorf("Flush = %v, events %v", err, api.Events())
		}
		if n := len(api.Requests()); n != 3 {
			t.Errorf("%d requests, want 3: one hung, one failed, one taken", n)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestFlakyFailsInEveryWay(t *testing.T) {
	seen := make(map[bbtest.Answer]int)
	for range 10_000 {
		seen[bbtest.Flaky(bbtest.Request{})]++
	}
	failed := 0
	for answer, n := range seen {
		if answer != (bbtest.Answer{}) {
			failed += n
		}
	}
	if len(seen) != 5 || failed < 4000 || failed > 6000 {
		t.Errorf("%d of 10000 requests failed, in %d ways; want half of them, in 4", failed, len(seen)-1)
	}
}
