package main

import "fmt"

func measureInFlight(b *bench) ([]table, error) {
	drivers := []string{tcp, lean, everyday, bbMemory}
	var jobs []job
	for _, inFlight := range []int{1, 4, 16, 64} {
		for _, driver := range drivers {
			jobs = append(jobs, job{Driver: driver, InFlight: inFlight, Events: b.pick(1000, 100)})
		}
	}
	results, err := takeTurns(b, b.turns(), jobs)
	if err != nil {
		return nil, err
	}
	cpu := func(m measured[cost]) float64 { return m.Result.cpuPerEvent() }
	rate := func(m measured[cost]) float64 { return m.Result.perSecond() }
	t := table{
		title: "Delivery, from 1 to 64 in flight",
		head:  []string{"in flight", "", "events/s", "client CPU, µs an event", "CPU ÷ tcp", "CPU ÷ lean", "CPU ÷ everyday", "events/s ÷ lean"},
		bars:  chart{title: "Client CPU for a delivered event, by requests in flight", unit: "µs"},
	}
	for i, j := range jobs {
		beside := results[i/len(drivers)*len(drivers):] // those with as many in flight
		used := median(results[i], cpu) / 1e3
		t.row(fmt.Sprint(j.InFlight), j.Driver, whole(median(results[i], rate)), number(used),
			ratio(results[i], beside[0], cpu), ratio(results[i], beside[1], cpu), ratio(results[i], beside[2], cpu),
			ratio(results[i], beside[1], rate))
		if j.Driver == lean || j.Driver == bbMemory {
			t.bars.add(bar{fmt.Sprintf("%s, %d", j.Driver, j.InFlight), j.ours(), used, number(used) + " µs"})
		}
	}
	return []table{t}, nil
}
