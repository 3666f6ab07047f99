package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// burst is how many calls are made before a library gets time to send: less
// than any of them queues.
const burst = 64

// calls is what the calls took of the goroutine that made them.
type calls struct {
	P50, P99, Mean time.Duration
	Allocs, Bytes  float64 // a call; all goroutines' of the process
	Clock          time.Duration
}

// call is the job: bursts of calls, timed one by one.
func call(j job) (any, error) {
	lib, err := newLibrary(j)
	if err != nil {
		return nil, err
	}
	pause := lib.drain
	if j.Silent || j.Busy { // then a drain would not end, or leave nothing to do
		pause = func() error { time.Sleep(time.Millisecond); return nil }
	}
	for range j.Pending {
		if err := lib.choice(); err != nil {
			return nil, err
		}
	}
	if _, err := callBurst(lib, pause); err != nil { // connections and code get warm
		return nil, err
	}
	took := make([]time.Duration, 0, j.Events+burst)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for len(took) < j.Events {
		more, err := callBurst(lib, pause)
		if err != nil {
			return nil, err
		}
		took = append(took, more[:]...)
	}
	runtime.ReadMemStats(&after)
	if lost := lib.lost(); lost > 0 {
		return nil, fmt.Errorf("%d events were not delivered or not accepted", lost)
	}
	c := calls{
		Mean:   mean(took),
		Allocs: float64(after.Mallocs-before.Mallocs) / float64(len(took)),
		Bytes:  float64(after.TotalAlloc-before.TotalAlloc) / float64(len(took)),
		Clock:  clock(),
	}
	c.P50, c.P99 = percentile(took, 50), percentile(took, 99)
	return c, nil
}

// callBurst makes some calls, and pauses.
func callBurst(lib library, pause func() error) (took [burst]time.Duration, err error) {
	for i := range took {
		began := time.Now()
		err := lib.choice()
		took[i] = time.Since(began)
		if err != nil {
			return took, err
		}
	}
	return took, pause()
}

func mean(took []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range took {
		sum += d
	}
	return sum / time.Duration(len(took))
}

// clock is what timing nothing takes.
func clock() time.Duration {
	took := make([]time.Duration, 10_000)
	for i := range took {
		began := time.Now()
		took[i] = time.Since(began)
	}
	return percentile(took, 50)
}

func measureCall(b *bench) ([]table, error) {
	events := b.pick(10_000, 2*burst)
	many := b.pick(100_000, 1000)
	busy := func(driver string) job {
		return job{Driver: driver, Events: events, Pending: b.pick(10_000, 200), Busy: true}
	}
	answering := func(driver string) job { return job{Driver: driver, Events: events} }
	hanging := func(driver string, pending int) job {
		return job{Driver: driver, Events: events, Pending: pending, Silent: true, URL: b.sink.url + "/never"}
	}
	rows := []struct {
		label string
		job   job
	}{
		{payload, hanging(payload, 0)},
		{bbMemory, answering(bbMemory)},
		{bbDisk, answering(bbDisk)},
		{segment, answering(segment)},
		{posthog, answering(posthog)},
		{bbMemory + ", senders busy", busy(bbMemory)},
		{bbDisk + ", senders busy", busy(bbDisk)},
		{bbMemory + ", the API hangs", hanging(bbMemory, 0)},
		{bbDisk + ", the API hangs", hanging(bbDisk, 0)},
		{bbMemory + ", hangs, " + whole(float64(many)) + " queued", hanging(bbMemory, many)},
		{bbDisk + ", hangs, " + whole(float64(many)) + " queued", hanging(bbDisk, many)},
	}
	var jobs []job
	for _, r := range rows {
		r.job.Measure, r.job.InFlight, r.job.Batch = "call", 16, burst
		jobs = append(jobs, r.job)
	}
	results, err := interleave[calls](b, b.reps, jobs)
	if err != nil {
		return nil, err
	}
	timer := median(slices.Concat(results...), func(m measured[calls]) float64 { return float64(m.Result.Clock) })
	t := table{
		title: "What a call costs the handler",
		note: fmt.Sprintf("choice_made with two keys, the payload's map included, and %s ns of the clock. Bursts of %d calls, drained in between where the API answers; "+
			"the other libraries' batch size is %d here. In bb's call the JSON is made, in theirs not yet. Where senders are busy, calls come faster than events leave, and client and sink share all CPUs. Allocations are told where nothing but the calls allocates.", whole(timer), burst, burst),
		head: []string{"", "p50, µs", "p99, µs", "mean, µs", "allocations", "bytes"},
		bars: chart{title: "A call in the handler, median as the bar", unit: "µs"},
	}
	for i, r := range rows {
		in := func(f func(calls) float64) float64 {
			return median(results[i], func(m measured[calls]) float64 { return f(m.Result) })
		}
		p50 := in(func(c calls) float64 { return float64(c.P50) / 1e3 })
		p99 := in(func(c calls) float64 { return float64(c.P99) / 1e3 })
		allocs, bytes := "–", "–"
		if r.job.Silent {
			allocs = number(in(func(c calls) float64 { return c.Allocs }))
			bytes = whole(in(func(c calls) float64 { return c.Bytes }))
		}
		t.row(r.label, number(p50), number(p99), number(in(func(c calls) float64 { return float64(c.Mean) / 1e3 })), allocs, bytes)
		t.bars.add(bar{r.label, r.job.ours(), p50, number(p50) + " µs, p99 " + number(p99)})
	}
	return []table{t}, nil
}
