package bench

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"
)

// measure reports what deliver took of this process. deliver returns how many
// events it delivered.
func measure(b *testing.B, deliver func() int) {
	b.ReportAllocs()
	before := cpuTime(b)
	b.ResetTimer()
	events := float64(deliver())
	b.StopTimer()
	b.ReportMetric((cpuTime(b)-before).Seconds()*1e6/events, "CPU-µs/event")
	b.ReportMetric(events/b.Elapsed().Seconds(), "events/s")
}

// cpuTime returns what this process has used of the CPUs, as user and as system.
func cpuTime(tb testing.TB) time.Duration {
	var usage syscall.Rusage
	check(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkDeliver sends one event a request, which the sink answers at once.
// With a library it is the call and the delivery.
func BenchmarkDeliver(b *testing.B) {
	for _, inFlight := range []int{1, 8, 64} {
		for _, named := range drivers {
			b.Run(fmt.Sprintf("in_flight=%d/driver=%s", inFlight, named.name), func(b *testing.B) {
				deliverTo(b, sinkURL, named, inFlight)
			})
		}
	}
}

// BenchmarkSecure is the same with TLS.
func BenchmarkSecure(b *testing.B) {
	for _, named := range []namedDriver{{"lean", openLean}, {"everyday", openEveryday}, memory} {
		b.Run("in_flight=8/driver="+named.name, func(b *testing.B) { deliverTo(b, secureURL, named, 8) })
	}
}

func deliverTo(b *testing.B, url string, named namedDriver, inFlight int) {
	d := named.open(b, options{url: url, inFlight: inFlight, window: inFlight, batch: 1})
	d.send(4 * inFlight) // makes the connections
	before := countSeen(b)
	measure(b, func() int { d.send(b.N); return b.N })
	b.ReportMetric(float64(checkSeen(b, before, b.N))/float64(b.N), "connections/event")
}

// BenchmarkGrowth delivers from a queue. Filling it is not measured.
func BenchmarkGrowth(b *testing.B) {
	for _, queue := range []struct {
		namedDriver
		sizes []int
	}{
		{memory, []int{1000, 10_000, memoryEvents}},
		{disk, []int{1000, memoryEvents, 1_000_000}},
	} {
		b.Run("driver="+queue.name, func(all *testing.B) {
			resume := hang(all)
			d := queue.open(all, options{url: sinkURL, inFlight: 8})
			for _, size := range queue.sizes {
				all.Run(fmt.Sprintf("queued=%d", size), func(b *testing.B) {
					d.fill(size + b.N - d.client.Stats().Pending)
					measure(b, func() int { resume(); return d.await(b.N) })
					hang(all)
				})
			}
		})
	}
}

// BenchmarkSlow measures how many events leave when each answer takes slowTime,
// and then what a client holds when its work is done.
func BenchmarkSlow(b *testing.B) {
	const rampUp, events, rest = 500, 1000, 200
	for _, inFlight := range []int{16, 64} {
		b.Run(fmt.Sprintf("in_flight=%d", inFlight), func(b *testing.B) {
			goroutines, heap := runtime.NumGoroutine(), heapBytes()
			d := openMemory(b, options{url: sinkURL + slowPath, inFlight: inFlight})
			d.fill(rampUp + events + rest)
			d.await(rampUp)
			b.ResetTimer()
			perSecond := float64(d.await(events)) / b.Elapsed().Seconds()
			b.ReportMetric(perSecond, "events/s")
			b.ReportMetric(perSecond/float64(inFlight)*slowTime.Seconds(), "of-possible")
			report := func(unit string) { b.ReportMetric(float64(runtime.NumGoroutine()-goroutines), unit) }
			report("goroutines")
			d.settle()
			time.Sleep(time.Second)
			report("1s-after")
			time.Sleep(34 * time.Second) // connections are kept for 30 s
			report("35s-after")
			b.ReportMetric((heapBytes()-heap)/1e3, "heap-kB-35s-after")
		})
	}
}

// BenchmarkMemory measures what a waiting event holds while the API hangs.
func BenchmarkMemory(b *testing.B) {
	for _, named := range libraries {
		b.Run("driver="+named.name, func(b *testing.B) {
			resume := hang(b)
			d := named.open(b, options{url: sinkURL, inFlight: 16, window: memoryEvents, batch: 250}) // the peers' default
			heap := heapBytes()
			d.fill(memoryEvents)
			b.ReportMetric((heapBytes()-heap)/memoryEvents, "heap-B/event")
			resume()
			d.settle()
		})
	}
}

// heapBytes returns the size of what is in use.
func heapBytes() float64 {
	runtime.GC() // twice, as pools survive once
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
