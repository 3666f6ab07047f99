package main

import (
	"fmt"
	"time"
)

// timeBacklog fills the queue up to j.Pending events while the driver's gate at
// the sink is shut, and measures the delivery of the first j.Events.
func timeBacklog(j job, d driver) (cost, error) {
	own := d.(*bbDriver)
	for own.client.Stats().Pending < j.Pending {
		send(own.tracker)
	}
	before := int(own.client.Stats().Delivered)
	m, err := startMeter()
	if err != nil {
		return cost{}, err
	}
	if _, err := control(j.Control, "open/"+j.gate()); err != nil {
		return cost{}, err
	}
	got, _ := own.awaitDelivered(before + j.Events)
	c, err := m.stop(got - before)
	if err != nil {
		return cost{}, err
	}
	_, err = control(j.Control, "shut/"+j.gate())
	return c, err
}

// gate is the name of a driver's own gate.
func (j job) gate() string { return fmt.Sprintf("%t-%d", j.Driver == bbDisk, j.Pending) }

func measureGrowth(b *bench) ([]table, error) {
	const inFlight = 8
	var jobs []job
	add := func(driver string, queued ...int) {
		for _, pending := range queued {
			j := job{
				Driver: driver, InFlight: inFlight, Pending: pending,
				Events: b.pick(1000, 100), Timeout: 10 * time.Minute, // longer than waiting for a turn
			}
			j.URL = b.sink.url + "/gated/" + j.gate()
			jobs = append(jobs, j)
		}
	}
	add(bbMemory, b.pick(1000, 100), b.pick(10_000, 200), b.pick(100_000, 400))
	add(bbDisk, b.pick(1000, 100), b.pick(100_000, 400), b.pick(1_000_000, 2000))
	results, err := takeTurns(b, (b.turns()+1)/2, jobs)
	if err != nil {
		return nil, err
	}
	t := table{
		title: "Delivering as the queue grows",
		note:  fmt.Sprintf("%d in flight. Queueing is not measured, delivering the first events of the queue is.", inFlight),
		head:  []string{"", "queued", "client CPU, µs an event", "events/s", "CPU ÷ the shortest queue", "CPU ÷ in memory"},
	}
	cpu := func(m measured[cost]) float64 { return m.Result.cpuPerEvent() }
	shortest := 0 // row of the same driver
	for i, j := range jobs {
		if jobs[shortest].Driver != j.Driver {
			shortest = i
		}
		memory := inMemory(jobs, j.Pending)
		t.row(j.Driver, whole(float64(j.Pending)), number(median(results[i], cpu)/1e3),
			whole(median(results[i], func(m measured[cost]) float64 { return m.Result.perSecond() })),
			ratio(results[i], results[shortest], cpu), ratio(results[i], results[memory], cpu))
	}
	return []table{t}, nil
}

// inMemory returns the row in memory with as many events queued, or else with
// the most.
func inMemory(jobs []job, pending int) int {
	row := 0
	for i, j := range jobs {
		if j.Driver == bbMemory && j.Pending <= pending {
			row = i
		}
	}
	return row
}
