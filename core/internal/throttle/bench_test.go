package throttle

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

func BenchmarkAllow(b *testing.B) {
	for _, users := range []int64{1e3, 1e4, 1e5, 1e6} {
		b.Run(fmt.Sprintf("users=%.0e", float64(users)), func(b *testing.B) {
			th, now := New(window), time.Now()
			for id := range users {
				th.Allow(SlotOf(id, 0), Moment{Now: now})
			}
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					th.Allow(SlotOf(rand.Int64N(users), 0), Moment{Now: now})
				}
			})
		})
	}
}

// BenchmarkWindows has each user pass once in every window. It reports what the
// throttle then holds, and how long the slowest calls took while windows ended.
func BenchmarkWindows(b *testing.B) {
	for _, users := range []int64{1e3, 1e5, 1e6} {
		b.Run(fmt.Sprintf("users=%.0e", float64(users)), func(b *testing.B) {
			for b.Loop() {
				benchmarkWindows(b, users)
			}
		})
	}
}

func benchmarkWindows(b *testing.B, users int64) {
	const windows = 3
	took := make([]time.Duration, 0, windows*users)
	before := heap()
	th, now := New(window), time.Now()
	for range windows {
		for id := range users {
			now = now.Add(window / time.Duration(users))
			start := time.Now()
			th.Allow(SlotOf(id, 0), Moment{Now: now})
			took = append(took, time.Since(start))
		}
	}
	b.ReportMetric(float64(heap()-before)/float64(users), "B/user")
	runtime.KeepAlive(th)
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
	b.ReportMetric(float64(took[len(took)*9999/10000]), "p99.99-ns")
	b.ReportMetric(float64(took[len(took)-1]), "max-ns")
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
