package main

import (
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// startClients is the job: clients that are made and closed again.
func startClients(j job) (any, error) {
	took := make([]time.Duration, j.Events)
	for i := range took {
		began := time.Now()
		client, err := bb.New(config(j))
		took[i] = time.Since(began)
		if err != nil {
			return nil, err
		}
		if err := client.Close(); err != nil {
			return nil, err
		}
	}
	return timed{percentile(took, 50), percentile(took, 99)}, nil
}

func measureStart(b *bench) ([]table, error) {
	j := job{Measure: "start", Driver: bbMemory, Events: b.pick(1000, 50)}
	results, err := interleave[timed](b, b.reps, []job{j})
	if err != nil {
		return nil, err
	}
	t := table{
		title: "Starting",
		head:  []string{"", "p50, µs", "p99, µs"},
	}
	t.row("bb.New", number(median(results[0], func(m measured[timed]) float64 { return float64(m.Result.P50) / 1e3 })),
		number(median(results[0], func(m measured[timed]) float64 { return float64(m.Result.P99) / 1e3 })))
	return []table{t}, nil
}
