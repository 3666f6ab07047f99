package main

func measureDelivery(b *bench) ([]table, error) {
	const inFlight = 8
	var jobs []job
	for _, driver := range []string{tcp, lean, everyday, bbMemory, bbDisk, segment, posthog} {
		events := b.pick(2000, 100)
		if driver == segment || driver == posthog {
			events = b.pick(200, 50)
		}
		jobs = append(jobs, job{Driver: driver, InFlight: inFlight, Batch: 1, Events: events})
	}
	results, err := takeTurns(b, b.turns(), jobs)
	if err != nil {
		return nil, err
	}
	return []table{deliveryTable(jobs, results)}, nil
}

func deliveryTable(jobs []job, results [][]measured[cost]) table {
	row := make(map[string][]measured[cost])
	for i, j := range jobs {
		row[j.Driver] = results[i]
	}
	cpu := func(m measured[cost]) float64 { return m.Result.cpuPerEvent() }
	rate := func(m measured[cost]) float64 { return m.Result.perSecond() }
	per1000 := func(count func(seen) int) func(measured[cost]) float64 {
		return func(m measured[cost]) float64 {
			return 1000 * float64(count(m.Seen)) / float64(m.Result.Events)
		}
	}
	t := table{
		title: "Delivery, 8 requests in flight",
		note: "One event a request, answered at once. The calls that accept the events are part of bb's and the other libraries' figures; " +
			"the raw loops send the same bytes again and again. The other libraries have no more events unsettled than bb has requests in flight, and a batch size of 1, which they are not made for: " +
			"they leave a good answer unread, and so need a connection for each request. In batches an event costs them far less; this API takes none.",
		head: []string{"", "events/s", "client CPU, µs an event", "allocations", "bytes", "CPU ÷ tcp", "CPU ÷ lean", "CPU ÷ everyday", "events/s ÷ lean", "CPU ÷ bb in memory", "new connections for 1,000 events"},
		bars: chart{title: "Client CPU for a delivered event, 8 in flight", unit: "µs"},
	}
	for _, j := range jobs {
		own := row[j.Driver]
		used := median(own, cpu) / 1e3
		t.row(j.Driver, whole(median(own, rate)), number(used),
			number(median(own, func(m measured[cost]) float64 { return m.Result.allocsPerEvent() })),
			whole(median(own, func(m measured[cost]) float64 { return m.Result.bytesPerEvent() })),
			ratio(own, row[tcp], cpu), ratio(own, row[lean], cpu), ratio(own, row[everyday], cpu),
			ratio(own, row[lean], rate), ratio(own, row[bbMemory], cpu),
			whole(median(own, per1000(func(s seen) int { return s.Connections }))))
		t.bars.add(bar{j.Driver, j.ours(), used, number(used) + " µs"})
	}
	return t
}
