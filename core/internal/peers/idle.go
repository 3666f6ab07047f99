package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// rest is what is left of a client's goroutines when its work is done.
type rest struct {
	Working         goroutines    // the most at a time
	SendersGone     time.Duration // after the last event was settled
	Idle            goroutines    // then
	ConnectionsGone time.Duration // 0: not waited for
	AfterClose      int           // more than before New
}

// goroutines counts those of a client.
type goroutines struct{ Senders, Connections int }

// countGoroutines tells senders and connections by what is on their stacks.
func countGoroutines() (g goroutines) {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		switch {
		case strings.Contains(stack, "core/internal/delivery."):
			g.Senders++
		case strings.Contains(stack, "http.(*persistConn)"):
			g.Connections++
		}
	}
	return g
}

// comeToRest is the job: a backlog at a slow API, then nothing, and a look at
// the goroutines until there are none.
func comeToRest(j job) (any, error) {
	before := runtime.NumGoroutine()
	d, err := newBB(j)
	if err != nil {
		return nil, err
	}
	for range j.Events {
		send(d.tracker)
	}
	var r rest
	for d.client.Stats().Pending > 0 {
		now := countGoroutines()
		r.Working.Senders = max(r.Working.Senders, now.Senders)
		r.Working.Connections = max(r.Working.Connections, now.Connections)
		time.Sleep(10 * time.Millisecond)
	}
	settled := time.Now()
	within := func(limit time.Duration, done func() bool) time.Duration {
		for !done() && time.Since(settled) < limit {
			time.Sleep(time.Millisecond)
		}
		return time.Since(settled)
	}
	r.SendersGone = within(10*time.Second, func() bool { return countGoroutines().Senders == 0 })
	r.Idle = countGoroutines()
	if j.Wait > 0 {
		r.ConnectionsGone = within(j.Wait, func() bool { return countGoroutines().Connections == 0 })
	}
	d.close()
	settled = time.Now()
	within(5*time.Second, func() bool { return runtime.NumGoroutine() <= before })
	r.AfterClose = runtime.NumGoroutine() - before
	return r, nil
}

func measureIdle(b *bench) (table, error) {
	j := job{
		Measure: "idle", Driver: bbMemory, InFlight: 64, Events: b.pick(3000, 300),
		URL: fmt.Sprintf("%s/after/%v", b.sink.url, answerAfter), Wait: 40 * time.Second,
	}
	if b.quick {
		j.Wait = 0
	}
	results, err := interleave[rest](b, 1, []job{j})
	if err != nil {
		return table{}, err
	}
	r := results[0][0].Result
	t := table{
		title: "Back to nothing",
		note:  "One run after a backlog with MaxInFlight 64. A connection has two goroutines of net/http until it was idle for 30 s.",
		head:  []string{"", "senders", "goroutines of connections"},
	}
	t.row("at work, at most", whole(float64(r.Working.Senders)), whole(float64(r.Working.Connections)))
	t.row(fmt.Sprintf("%s ms after the last event", number(float64(r.SendersGone)/1e6)),
		whole(float64(r.Idle.Senders)), whole(float64(r.Idle.Connections)))
	if r.ConnectionsGone > 0 {
		gone := fmt.Sprintf("%.1f s after the last event", r.ConnectionsGone.Seconds())
		left := "0"
		if r.ConnectionsGone >= j.Wait {
			left = "some"
		}
		t.row(gone, "0", left)
	}
	t.row("after Close", fmt.Sprintf("%d goroutines more than before New", r.AfterClose), "")
	return t, nil
}
