package main

import (
	"runtime"
	"time"
)

// cost is what a stretch of work took of this process.
type cost struct {
	Events        int
	Wall, CPU     time.Duration
	Allocs, Bytes uint64
}

func (c cost) cpuPerEvent() float64    { return float64(c.CPU) / float64(c.Events) }
func (c cost) allocsPerEvent() float64 { return float64(c.Allocs) / float64(c.Events) }
func (c cost) bytesPerEvent() float64  { return float64(c.Bytes) / float64(c.Events) }
func (c cost) perSecond() float64      { return float64(c.Events) / c.Wall.Seconds() }

// meter is a stretch of work that goes on.
type meter struct {
	began time.Time
	cpu   time.Duration
	mem   runtime.MemStats
}

func startMeter() (*meter, error) {
	m := &meter{}
	runtime.ReadMemStats(&m.mem)
	var err error
	m.cpu, err = cpuTime()
	m.began = time.Now()
	return m, err
}

// stop returns the cost of events since the start.
func (m *meter) stop(events int) (cost, error) {
	wall := time.Since(m.began)
	cpu, err := cpuTime()
	if err != nil {
		return cost{}, err
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return cost{events, wall, cpu - m.cpu, mem.Mallocs - m.mem.Mallocs, mem.TotalAlloc - m.mem.TotalAlloc}, nil
}
