package main

import (
	"fmt"
	"time"
)

// answerAfter is how long the slow sink takes.
const answerAfter = 50 * time.Millisecond

// deliverSlowly is the job: a backlog that was accepted at once, and the rate
// from the moment that a tenth of it is delivered, when the client has as many
// requests in flight as it will have, until the end is near.
func deliverSlowly(j job) (any, error) {
	d, err := newBB(j)
	if err != nil {
		return nil, err
	}
	defer d.close()
	for range j.Events {
		send(d.tracker)
	}
	from, begin := d.awaitDelivered(j.Events / 10)
	until, end := d.awaitDelivered(j.Events / 100 * 95)
	return cost{Events: until - from, Wall: end.Sub(begin)}, d.drain()
}

// awaitDelivered returns when n events are delivered, with how many then are.
func (d *bbDriver) awaitDelivered(n int) (int, time.Time) {
	for {
		if got := int(d.client.Stats().Delivered); got >= n {
			return got, time.Now()
		}
		time.Sleep(time.Millisecond)
	}
}

func measureSlow(b *bench) ([]table, error) {
	jobs := []job{{InFlight: 16, Events: b.pick(10_000, 400)}, {InFlight: 64, Events: b.pick(10_000, 1000)}}
	for i := range jobs {
		jobs[i].Measure, jobs[i].Driver = "slow", bbMemory
		jobs[i].URL = fmt.Sprintf("%s/after/%v", b.sink.url, answerAfter)
	}
	// Half a minute for 16, and hardly any of it work: two tell as much as five.
	results, err := interleave[cost](b, min(b.reps, 2), jobs)
	if err != nil {
		return nil, err
	}
	t := table{
		title: fmt.Sprintf("An API that takes %v", answerAfter),
		note:  fmt.Sprintf("A backlog of %s events in memory, at most two repetitions.", whole(float64(jobs[1].Events))),
		head:  []string{"MaxInFlight", "events/s after ramp-up", "÷ MaxInFlight / 50 ms"},
	}
	rate := func(m measured[cost]) float64 { return m.Result.perSecond() }
	for i, j := range jobs {
		possible := float64(j.InFlight) / answerAfter.Seconds()
		t.row(fmt.Sprint(j.InFlight), whole(median(results[i], rate)),
			spread(values(results[i], func(m measured[cost]) float64 { return rate(m) / possible })))
	}
	idle, err := measureIdle(b)
	return []table{t, idle}, err
}
