package bbdisk

import (
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// sample is an event of about the usual size.
func sample() store.Record {
	body := make([]byte, 300)
	for i := range body {
		body[i] = 'a' + byte(i%26)
	}
	return store.Record{Body: body}
}

// fill puts n events.
func fill(tb testing.TB, o *outbox, n int) {
	tb.Helper()
	r := sample()
	for range n {
		if _, err := o.Put(r); err != nil {
			tb.Fatal(err)
		}
	}
}

// openFor opens an outbox for a benchmark with room for everything.
func openFor(b *testing.B, dir string, opts ...Option) *outbox {
	return mustOpen(b, dir, append(opts, WithLimits(math.MaxInt, 1<<60))...)
}

// median reports the middle of the times that f takes, beside the mean.
func median(b *testing.B, f func()) {
	took := make([]time.Duration, 0, 1<<20)
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		f()
		if len(took) < cap(took) {
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
}

// BenchmarkAppend is what the system asks for a plain append of one event.
func BenchmarkAppend(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "plain"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	body := sample().Body
	median(b, func() {
		if _, err := f.Write(body); err != nil {
			b.Fatal(err)
		}
	})
}

var pending = []int{1e3, 1e5, 1e6}

func BenchmarkPut(b *testing.B) {
	for _, n := range pending {
		b.Run(fmt.Sprintf("pending=%d", n), func(b *testing.B) {
			o := openFor(b, b.TempDir())
			fill(b, o, n)
			r := sample()
			median(b, func() {
				if _, err := o.Put(r); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// BenchmarkSend is what a handler waits for, with the default configuration but
// for the limits, while the API is away.
func BenchmarkSend(b *testing.B) {
	client, err := bb.New(bb.Config{
		Enabled: true, IntegrationKey: "k", Logger: slog.New(slog.DiscardHandler),
		Transport: unreachable{}, Outbox: openBox(b, b.TempDir(), WithLimits(math.MaxInt, 1<<60)),
	})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = client.Shutdown(ended(b)) }()
	tracker := client.For(7, 7)
	p := bb.Payload{"team_code": "bra", "handler": "choice"}
	median(b, func() { tracker.ChoiceMade(p) })
}

// BenchmarkPutBesideSync has the disk written to all the time, not once a
// second.
func BenchmarkPutBesideSync(b *testing.B) {
	o := openFor(b, b.TempDir())
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if err := syncNow(o); err != nil {
					b.Error(err)
				}
			}
		}
	})
	r := sample()
	median(b, func() {
		if _, err := o.Put(r); err != nil {
			b.Fatal(err)
		}
	})
	close(stop)
	wg.Wait()
}

func BenchmarkPutWithFsync(b *testing.B) {
	o := openFor(b, b.TempDir(), WithFsync())
	r := sample()
	median(b, func() {
		if _, err := o.Put(r); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkCycle is the whole way of an event through the outbox.
func BenchmarkCycle(b *testing.B) {
	for _, n := range pending {
		b.Run(fmt.Sprintf("pending=%d", n), func(b *testing.B) {
			o := openFor(b, b.TempDir())
			fill(b, o, n)
			r := sample()
			median(b, func() {
				if _, err := o.Put(r); err != nil {
					b.Fatal(err)
				}
				taken, found, _, err := o.Take(false, time.Minute)
				if err != nil || !found || taken.Err != nil {
					b.Fatal(taken, err)
				}
				if err := o.Settle(store.Outcome{ID: taken.ID, Remove: true}); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

func BenchmarkRecover(b *testing.B) {
	for _, n := range pending {
		b.Run(fmt.Sprintf("pending=%d", n), func(b *testing.B) {
			dir := b.TempDir()
			o := openFor(b, dir)
			fill(b, o, n)
			for b.Loop() {
				if _, err := o.Close(); err != nil {
					b.Fatal(err)
				}
				o = openFor(b, dir)
				if len, _ := o.Len(); len != n {
					b.Fatalf("found %d of %d", len, n)
				}
			}
		})
	}
}
