package bbredis

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// sample is an event of about the usual size.
func sample() store.Record {
	return store.Record{Body: bytes.Repeat([]byte("0123456789"), 30)}
}

// accepting is an API that answers at once, without a network.
type accepting struct{ taken atomic.Int64 }

func (a *accepting) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	a.taken.Add(1)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// BenchmarkReplicas sends and delivers events by several clients of one
// process. Nothing but Redis takes time.
func BenchmarkReplicas(b *testing.B) {
	for _, fsync := range []string{"everysec", "always"} {
		for _, n := range []int{1, 2, 4} {
			b.Run(fmt.Sprintf("fsync=%s/replicas=%d", fsync, n), func(b *testing.B) {
				s := startServer(b, "--appendfsync", fsync)
				api, count := new(accepting), new(trips)
				clients := make([]*bb.Client, n)
				for i := range clients {
					rdb := s.client()
					rdb.AddHook(count)
					client, err := bb.New(bb.Config{
						Enabled: true, IntegrationKey: "key", Transport: api,
						Outbox: NewOutbox(rdb, "bot"), Logger: slog.New(slog.DiscardHandler),
					})
					if err != nil {
						b.Fatal(err)
					}
					clients[i] = client
				}
				b.ResetTimer()
				began := time.Now()
				var wg sync.WaitGroup
				for i, client := range clients {
					wg.Go(func() {
						for j := i; j < b.N; j += n {
							client.Send(bb.Event{Name: "order_paid", UserID: int64(j + 1)})
							if j/n%1000 == 999 {
								_ = client.Flush(b.Context()) // keeps what waits in memory within its bound
							}
						}
					})
				}
				wg.Wait()
				for api.taken.Load() < int64(b.N) {
					_ = clients[0].Flush(b.Context())
				}
				b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "events/s")
				b.ReportMetric(float64(count.n.Load())/float64(b.N), "trips/event")
				b.StopTimer()
				for _, client := range clients {
					_ = client.Close()
				}
			})
		}
	}
}

// backlogs are how many events wait; MILLION=1 adds the largest.
func backlogs() []int {
	if os.Getenv("MILLION") == "" {
		return []int{1e3, 1e5}
	}
	return []int{1e3, 1e5, 1e6}
}

// filled returns an outbox in which n events wait: never tried, tried and due
// again, or delayed by an hour.
func filled(b *testing.B, n int, state string) (*outbox, *redis.Client) {
	b.Helper()
	rdb := startServer(b, "--appendonly", "no").client()
	o := newOutbox(rdb, "bot", WithLimits(math.MaxInt/2, 1<<60))
	for i := range n {
		if _, err := o.Put(sample()); err != nil {
			b.Fatal(err)
		}
		if i%5000 == 4999 || i == n-1 {
			handOver(b, o)
		}
	}
	if state == "fresh" {
		return o, rdb
	}
	var delay time.Duration
	if state == "delayed" {
		delay = time.Hour
	}
	var taken []store.Record
	for len(taken) < n {
		taken = append(taken, take(b, o, 1000)...)
	}
	for i, r := range taken {
		if err := o.Settle(store.Outcome{ID: r.ID, RetryIn: delay, Attempts: 1 + i%9}); err != nil {
			b.Fatal(err)
		}
		if i%1000 == 999 {
			handOver(b, o)
		}
	}
	handOver(b, o)
	for state == "due" && do(b, rdb, "ZCARD", newKeys("bot").later) != int64(0) { // each round trip wakes some
		if err := script.Run(b.Context(), rdb, newKeys("bot").all(), 1, false, 0, 0).Err(); err != nil {
			b.Fatal(err)
		}
	}
	return o, rdb
}

// BenchmarkBacklog puts one event, takes one and settles it, in one round trip,
// while others wait.
func BenchmarkBacklog(b *testing.B) {
	for _, state := range []string{"fresh", "due", "delayed"} {
		for _, n := range backlogs() {
			b.Run(fmt.Sprintf("%s=%.0e", state, float64(n)), func(b *testing.B) {
				o, _ := filled(b, n, state)
				r, took := sample(), make([]time.Duration, 0, 1<<20)
				for b.Loop() {
					start := time.Now()
					if _, err := o.Put(r); err != nil {
						b.Fatal(err)
					}
					for _, got := range take(b, o, 1) {
						remove(b, o, got.ID)
					}
					took = append(took, time.Since(start))
					if len(took)%1000 == 0 {
						handOver(b, o) // as the client does every few milliseconds
					}
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
				b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
			})
		}
	}
}

func usedMemory(b *testing.B, rdb *redis.Client) int64 {
	b.Helper()
	for line := range strings.Lines(do(b, rdb, "INFO", "memory").(string)) {
		var n int64
		if _, err := fmt.Sscanf(line, "used_memory:%d", &n); err == nil {
			return n
		}
	}
	b.Fatal("INFO says nothing of used_memory")
	return 0
}

// BenchmarkMemory reports what Redis holds for an event of 300 bytes that
// waits, and for a user that the throttle remembers.
func BenchmarkMemory(b *testing.B) {
	const n = 100_000
	for _, state := range []string{"fresh", "delayed"} {
		b.Run("event="+state, func(b *testing.B) {
			for b.Loop() {
				_, empty := filled(b, 1, "fresh")
				_, rdb := filled(b, n, state)
				b.ReportMetric(float64(usedMemory(b, rdb)-usedMemory(b, empty))/n, "B/event")
			}
		})
	}
	for _, windows := range []int{1, 10, 64} {
		b.Run(fmt.Sprintf("user/windows=%d", windows), func(b *testing.B) {
			for b.Loop() {
				rdb := startServer(b, "--appendonly", "no").client()
				th, users, now := NewThrottle(rdb, "bot").Shared(), n/10/windows, time.Now()
				before := usedMemory(b, rdb)
				for user := range users {
					for w := range windows {
						key := fmt.Sprintf("00000000-0000-4000-8000-%012d", user*windows+w)
						if _, err := th.Claim(b.Context(), throttle.Activity{Slot: throttle.SlotOf(int64(user+1), 0), Key: key, Date: now.Add(time.Duration(w) * time.Minute).UnixMilli()}, time.Minute); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(usedMemory(b, rdb)-before)/float64(users), "B/user")
			}
		})
	}
}

// BenchmarkPut is the part of Send that this package adds.
func BenchmarkPut(b *testing.B) {
	rdb, prefix := connect(b)
	o, r := newOutbox(rdb, prefix, WithLimits(math.MaxInt/2, 1<<60)), sample()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.Put(r); err != nil {
			b.StopTimer()
			handOver(b, o)
			b.StartTimer()
		}
	}
}
