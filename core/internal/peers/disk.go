package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Ways to keep an event so that it survives SIGKILL.
const (
	plainFile = "append to a file"
	boxOfBB   = "core/disk"
	boltDB    = "bbolt, NoSync"
)

// store keeps events.
type store struct {
	put  func(event []byte) error
	many func(count int, event []byte) error // nil: one by one
}

// putDurably is the job: events one by one, beside those that wait already.
func putDurably(j job) (any, error) {
	s, err := newStore(j)
	if err != nil {
		return nil, err
	}
	event := make([]byte, 250) // as long as one with a small payload
	if s.many != nil {
		err = s.many(j.Pending, event)
	} else {
		for range j.Pending {
			if err = s.put(event); err != nil {
				break
			}
		}
	}
	if err != nil {
		return nil, err
	}
	took := make([]time.Duration, j.Events)
	for i := range took {
		began := time.Now()
		err := s.put(event)
		took[i] = time.Since(began)
		if err != nil {
			return nil, err
		}
	}
	return timed{percentile(took, 50), percentile(took, 99)}, nil
}

func newStore(j job) (store, error) {
	switch j.Driver {
	case plainFile:
		f, err := os.Create(filepath.Join(j.Dir, "log"))
		return store{put: func(event []byte) error {
			_, err := f.Write(event)
			return err
		}}, err
	case boxOfBB:
		return newBox(j.Dir)
	case boltDB:
		return newBolt(j.Dir)
	}
	return store{}, fmt.Errorf("there is no store %q", j.Driver)
}

func measureDisk(b *bench) ([]table, error) {
	few, many, most := b.pick(1000, 100), b.pick(100_000, 1000), b.pick(1_000_000, 5000)
	var jobs []job
	add := func(driver string, pending int) {
		jobs = append(jobs, job{Measure: "put", Driver: driver, Pending: pending, Events: b.pick(5000, 200)})
	}
	add(plainFile, 0)
	for _, pending := range []int{few, many, most} {
		add(boxOfBB, pending)
	}
	for _, pending := range []int{few, many} {
		add(boltDB, pending)
	}
	results, err := interleave[timed](b, b.reps, jobs)
	if err != nil {
		return nil, err
	}
	t := table{
		title: "Keeping an event so that it survives SIGKILL",
		note:  "250 bytes, one by one, no fsync in the call.",
		head:  []string{"", "waiting before", "p50, µs", "p99, µs"},
		bars:  chart{title: "Keeping an event on disk, median as the bar", unit: "µs"},
	}
	for i, j := range jobs {
		p50 := median(results[i], func(m measured[timed]) float64 { return float64(m.Result.P50) / 1e3 })
		p99 := median(results[i], func(m measured[timed]) float64 { return float64(m.Result.P99) / 1e3 })
		t.row(j.Driver, whole(float64(j.Pending)), number(p50), number(p99))
		t.bars.add(bar{fmt.Sprintf("%s, %s waiting", j.Driver, whole(float64(j.Pending))), j.ours(), p50, number(p50) + " µs, p99 " + number(p99)})
	}
	return []table{t}, nil
}
