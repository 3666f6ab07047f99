package bb_test

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

func benchClient(b testing.TB, configure ...func(*bb.Config)) *bb.Client {
	b.Helper()
	cfg := bb.Config{
		Enabled: true, IntegrationKey: testKey, Logger: slog.New(slog.DiscardHandler),
		Transport: silent{}, Outbox: store.NewHandle(store.NewMemory(store.Bounds{Events: math.MaxInt, Bytes: 1 << 60})), MaxInFlight: 1,
	}
	for _, change := range configure {
		change(&cfg)
	}
	client, err := bb.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Shutdown(ended()) })
	return client
}

// silent is a transport that answers nothing until its request is given up.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestThrottledCallsHardlyAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	client := benchClient(t)
	u := message("hello")
	client.Observe(u)
	activity := bb.Event{Name: bb.EventActivity, UserID: 7}
	if n := testing.AllocsPerRun(1000, func() { client.Send(activity) }); n != 0 {
		t.Errorf("Send of a throttled activity allocates %v times", n)
	}
	if n := testing.AllocsPerRun(1000, func() { client.Observe(u) }); n > 1 {
		t.Errorf("Observe of a throttled update allocates %v times", n)
	}
}

func BenchmarkSendThrottled(b *testing.B) {
	client := benchClient(b)
	activity := bb.Event{Name: bb.EventActivity, UserID: 7}
	client.Send(activity)
	b.ReportAllocs()
	for b.Loop() {
		client.Send(activity)
	}
}

func BenchmarkObserveThrottled(b *testing.B) {
	client := benchClient(b)
	u := message("hello")
	client.Observe(u)
	b.ReportAllocs()
	for b.Loop() {
		u.ID++
		client.Observe(u)
	}
}

func BenchmarkChoiceMade(b *testing.B) {
	client := benchClient(b)
	tracker := client.For(7, 7)
	p := bb.Payload{"team_code": "bra", "handler": "choice"}
	b.ReportAllocs()
	for b.Loop() {
		tracker.ChoiceMade(p)
	}
}

func BenchmarkChoiceMadeInHandler(b *testing.B) {
	client := benchClient(b)
	u := message("hello")
	p := bb.Payload{"team_code": "bra", "handler": "choice"}
	b.ReportAllocs()
	for b.Loop() {
		u.ID++
		client.Observe(u).ChoiceMade(p)
	}
}

// BenchmarkSendWithHungAPI reports what the slowest calls take while four
// goroutines send and the API answers nothing.
func BenchmarkSendWithHungAPI(b *testing.B) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer srv.Close()
	defer close(release)
	client := benchClient(b, func(cfg *bb.Config) {
		cfg.Transport, cfg.BaseURL, cfg.MaxInFlight = nil, srv.URL, 0
	})
	const senders = 4
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		took []time.Duration
	)
	b.ResetTimer()
	for s := range senders {
		wg.Go(func() {
			mine := make([]time.Duration, 0, b.N/senders)
			tracker := client.For(int64(s+1), 0)
			for i := range b.N / senders {
				start := time.Now()
				tracker.ChoiceMade(bb.Payload{"team_code": "bra", "n": i})
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			took = append(took, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	b.StopTimer()
	if len(took) < 1000 {
		return // the percentiles would mean nothing
	}
	slices.Sort(took)
	for _, p := range []float64{50, 99, 99.9} {
		at := took[min(len(took)-1, int(float64(len(took))*p/100))]
		b.ReportMetric(float64(at.Nanoseconds()), fmt.Sprintf("p%v-ns", p))
	}
}

// BenchmarkDeliver takes events all the way to a server on loopback.
func BenchmarkDeliver(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"status":"ok"}`)
	}))
	defer srv.Close()
	client := benchClient(b, func(cfg *bb.Config) {
		cfg.Transport, cfg.BaseURL, cfg.MaxInFlight = nil, srv.URL, 8
	})
	p := bb.Payload{"team_code": "bra", "handler": "choice"}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		client.For(7, 7).ChoiceMade(p)
	}
	if err := client.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	if got := client.Stats().Delivered; got != uint64(b.N) {
		b.Fatalf("%d of %d delivered", got, b.N)
	}
}
