package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// held is what a process grew by while events waited.
type held struct {
	Events    int   // that wait
	Heap, RSS int64 // bytes; RSS -1: unknown
}

// accumulate is the job: events that cannot be delivered.
func accumulate(j job) (any, error) {
	lib, err := newLibrary(j)
	if err != nil {
		return nil, err
	}
	heapBefore, residentBefore := inUse(), resident()
	for range j.Events {
		if err := lib.choice(); err != nil {
			return nil, err
		}
	}
	h := held{Events: j.Events - lib.lost(), Heap: inUse() - heapBefore, RSS: -1}
	if residentBefore >= 0 {
		h.RSS = resident() - residentBefore
	}
	runtime.KeepAlive(lib)
	if h.Events <= 0 {
		return nil, errors.New("no event was kept")
	}
	return h, nil
}

// inUse is the heap after a collection, and one more for what finalizers kept.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse)
}

// resident is this process's memory as Linux counts it, or -1.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return -1
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return -1
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return -1
	}
	return pages * int64(os.Getpagesize())
}

// refusing returns a URL where nobody listens.
func refusing() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return "http://" + listener.Addr().String(), listener.Close()
}

func measureMemory(b *bench) ([]table, error) {
	url, err := refusing()
	if err != nil {
		return nil, err
	}
	events := b.pick(100_000, 2000)
	var jobs []job
	for _, driver := range []string{bbMemory, bbDisk, segment, posthog} {
		jobs = append(jobs, job{Measure: "memory", Driver: driver, InFlight: 16, Events: events, URL: url})
	}
	results, err := interleave[held](b, b.reps, jobs)
	if err != nil {
		return nil, err
	}
	t := table{
		title: "Memory of what waits",
		note: fmt.Sprintf("%s events while the API refuses connections; the other libraries with their own batch size, 250. "+
			"Heap after a collection, resident memory as the system counts it, garbage and stacks included.", whole(float64(events))),
		head: []string{"", "events kept", "heap, bytes an event", "resident, bytes an event"},
		bars: chart{title: fmt.Sprintf("Heap for a waiting event, %s of them", whole(float64(events))), unit: "bytes"},
	}
	for i, j := range jobs {
		heap := median(results[i], func(m measured[held]) float64 { return float64(m.Result.Heap) / float64(m.Result.Events) })
		rss := median(results[i], func(m measured[held]) float64 { return float64(m.Result.RSS) / float64(m.Result.Events) })
		told := whole(rss)
		if results[i][0].Result.RSS < 0 {
			told = "–"
		}
		t.row(j.Driver, whole(median(results[i], func(m measured[held]) float64 { return float64(m.Result.Events) })), whole(heap), told)
		t.bars.add(bar{j.Driver, j.ours(), heap, whole(heap) + " bytes"})
	}
	return []table{t}, nil
}
