package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// A run is a tree of processes. This one starts the sink once, and a child for
// each measurement, so that nothing of one driver, its heap or its connections,
// is left when the next is measured. A child has one CPU for itself, the sink
// another. It prints its result as JSON; what it claims to have delivered is
// compared with what the sink saw.

const (
	sinkRole  = "sink"
	driveRole = "drive"
	playRole  = "play"
	childTime = 3 * time.Minute // then a child counts as hanging
)

// bench runs measurements.
type bench struct {
	options
	ctx     context.Context
	exe     string
	dir     string // for the children's files; removed at the end
	cpus    []int  // of the client and of the sink; nil: not pinned
	sink    *sinkProcess
	section string // that runs, for progress lines
}

func newBench(ctx context.Context, opts options) (_ *bench, err error) {
	b := &bench{options: opts, ctx: ctx}
	if opts.pin {
		b.cpus = twoCPUs()
	}
	if b.exe, err = os.Executable(); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("", "peers-*"); err != nil {
		return nil, err
	}
	if b.sink, err = startSink(b); err != nil {
		return nil, errors.Join(err, os.RemoveAll(b.dir))
	}
	return b, nil
}

func (b *bench) close() error {
	return errors.Join(b.sink.stop(), os.RemoveAll(b.dir))
}

func (b *bench) pinned() bool { return b.cpus != nil }

// Roles of the CPUs of a bench.
const (
	clientCPU = iota
	sinkCPU
)

// start starts cmd on the CPU of its role.
func (b *bench) start(cmd *exec.Cmd, role int) error {
	if !b.pinned() {
		return cmd.Start()
	}
	return startOn(b.cpus[role], cmd)
}

// pick returns full, or few in a quick run.
func (b *bench) pick(full, few int) int {
	if b.quick {
		return few
	}
	return full
}

// job is one measurement, as the parent tells a child.
type job struct {
	Measure  string // a key of measures
	Driver   string
	URL      string // of the sink, perhaps with a path that changes its answers
	Control  string // of the sink, for what is not measured
	InFlight int
	Batch    int // events a request of the other libraries; 0: their default
	Events   int
	Pending  int           // events that wait before the measurement
	Timeout  time.Duration // of bb's requests; 0: the default
	Silent   bool          // the sink answers nothing
	Busy     bool          // senders work all the time, and nothing is pinned
	Wait     time.Duration // for idle connections to be closed
	Dir      string
}

// ours reports whether j is about this library.
func (j job) ours() bool {
	return j.Driver == bbMemory || j.Driver == bbDisk || j.Driver == boxOfBB
}

// measures has what a child can do, by job.Measure. It returns a value that
// JSON can carry.
var measures map[string]func(job) (any, error)

func init() { // not in the declaration, which would be a cycle
	measures = map[string]func(job) (any, error){
		"slow":   deliverSlowly,
		"idle":   comeToRest,
		"call":   call,
		"memory": accumulate,
		"put":    putDurably,
		"start":  startClients,
	}
}

func parseJob(spec string) (j job, err error) {
	if err := json.Unmarshal([]byte(spec), &j); err != nil {
		return j, fmt.Errorf("the job is not JSON: %w", err)
	}
	return j, nil
}

// drive is what a child does.
func drive(spec string, out *os.File) error {
	j, err := parseJob(spec)
	if err != nil {
		return err
	}
	measure, ok := measures[j.Measure]
	if !ok {
		return fmt.Errorf("there is no measure %q", j.Measure)
	}
	// A child whose run was killed must not stay for ever.
	time.AfterFunc(childTime, func() { os.Exit(2) })
	result, err := measure(j)
	if err != nil {
		return fmt.Errorf("%s %s: %w", j.Measure, j.Driver, err)
	}
	return json.NewEncoder(out).Encode(result)
}

// measured is the result of a job, and what the sink saw meanwhile.
type measured[T any] struct {
	Result T
	Seen   seen
}

// do runs j in a child.
func do[T any](b *bench, j job) (m measured[T], err error) {
	fail := func(err error) (measured[T], error) {
		return m, fmt.Errorf("%s %s, %d events, %d in flight: %w", j.Measure, j.Driver, j.Events, j.InFlight, err)
	}
	j.Control = b.sink.url
	if j.URL == "" {
		j.URL = b.sink.url
	}
	if j.Dir, err = os.MkdirTemp(b.dir, j.Measure+"-*"); err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(j.Dir)) }()
	spec, err := json.Marshal(j)
	if err != nil {
		return fail(err)
	}
	before, err := b.sink.seen()
	if err != nil {
		return fail(err)
	}
	out, err := b.output(string(spec), j.Busy)
	if err != nil {
		return fail(err)
	}
	if err := json.Unmarshal(out, &m.Result); err != nil {
		return fail(fmt.Errorf("the child printed %q: %w", out, err))
	}
	after, err := b.sink.seen()
	if err != nil {
		return fail(err)
	}
	m.Seen = after.minus(before)
	return m, nil
}

// output runs a child and returns what it printed.
func (b *bench) output(spec string, everyCPU bool) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(b.ctx, childTime, fmt.Errorf("the child still ran after %v", childTime))
	defer cancel()
	cmd := exec.CommandContext(ctx, b.exe, driveRole, spec)
	var out limited
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	cmd.WaitDelay = 5 * time.Second
	var err error
	if everyCPU {
		err = cmd.Start()
	} else {
		err = b.start(cmd, clientCPU)
	}
	if err != nil {
		return nil, err
	}
	if err := cmd.Wait(); err != nil {
		return nil, errors.Join(err, context.Cause(ctx))
	}
	return out.text, nil
}

// limited keeps the beginning of what is written to it.
type limited struct{ text []byte }

func (l *limited) Write(p []byte) (int, error) {
	const most = 64 << 10
	l.text = append(l.text, p[:min(len(p), most-len(l.text))]...)
	return len(p), nil
}

// interleave runs all jobs once, then all again, reps times. The result has a
// row per job.
func interleave[T any](b *bench, reps int, jobs []job) ([][]measured[T], error) {
	results := make([][]measured[T], len(jobs))
	for rep := range reps {
		for i, j := range jobs {
			fmt.Fprintf(os.Stderr, "%s: repetition %d of %d, %s\n", b.section, rep+1, reps, j.Driver)
			m, err := do[T](b, j)
			if err != nil {
				return nil, err
			}
			results[i] = append(results[i], m)
		}
	}
	return results, nil
}
