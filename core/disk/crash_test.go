package bbdisk

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/crashtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// fate is what is known, and promised, of an event.
type fate struct {
	seq      uint64
	inMemory bool // the disk was full
	safe     bool // must survive a power failure
	ending   bool // settled, or about to be: may be there or not
	unsure   bool // it was, by a process that was killed
	over     bool // settled before a Sync: must not come again
}

func onCrashDisk(d *crashtest.Disk) Option { return func(o *options) { o.System = d.Process() } }

// workload uses an outbox at random. At crash points, any change of the disk, the
// disk is opened as a process that was killed would leave it, and as a power
// failure would.
type workload struct {
	name  string
	rng   *rand.Rand
	disk  *crashtest.Disk
	fsync bool
	box   *outbox
	fates map[string]*fate // by body
	n     int

	putting string // body that Put has not returned yet
	every   int    // one crash point in so many is looked at
	points  int
	problem error
}

func newWorkload(seed uint64, every int, broken func(crashtest.Sync) bool) *workload {
	w := &workload{
		name: fmt.Sprintf("seed %d", seed), rng: rand.New(rand.NewPCG(seed, 5)), disk: crashtest.New(seed),
		fsync: seed%2 == 0, fates: make(map[string]*fate), every: every,
	}
	w.disk.Broken = broken
	return w
}

func (w *workload) open(d *crashtest.Disk) (*outbox, error) {
	opts := []Option{onCrashDisk(d), func(o *options) { o.Segment = 1 << 10 }}
	if w.fsync {
		opts = append(opts, WithFsync())
	}
	box, err := Open(crashtest.Folder, opts...)
	if err != nil {
		return nil, fmt.Errorf("Open = %w", err)
	}
	return inside(box), nil
}

func (w *workload) fail(format string, args ...any) {
	if w.problem == nil {
		w.problem = fmt.Errorf("%s: %s", w.name, fmt.Sprintf(format, args...))
	}
}

// step looks at a crash point.
func (w *workload) step() {
	if w.problem != nil || w.rng.IntN(w.every) > 0 {
		return
	}
	w.points++
	w.check("killed", w.disk.AfterKill(), false)
	w.check("power failed", w.disk.AfterPowerFailure(), true)
}

// check opens a disk after a crash. What is there has to be there again after
// one more.
func (w *workload) check(how string, d *crashtest.Disk, power bool) {
	found := w.find(how, d.AfterKill(), nil)
	for body, f := range w.fates {
		switch there := found[body]; {
		case there && f.over:
			w.fail("%s: %.20q was settled and comes again", how, body)
		case !there && !f.ending && !f.unsure && !f.inMemory && (f.safe || !power):
			w.fail("%s: %.20q is lost", how, body)
		}
	}
	for body := range found {
		if w.fates[body] == nil && body != w.putting {
			w.fail("%s: %.20q was never put", how, body)
		}
	}
	o, err := w.open(d)
	if err != nil {
		return // find has said so
	}
	_ = syncNow(o) // which says what was skipped
	if err := syncNow(o); err != nil && d.Room() == crashtest.Plenty {
		w.fail("%s: Sync = %v", how, err)
	}
	crash(o)
	if d.Room() == crashtest.Plenty {
		w.find(how+" twice", d.AfterPowerFailure(), found)
	}
}

// find returns the bodies of what waits on a disk. All of want is there; nil:
// unknown.
func (w *workload) find(how string, d *crashtest.Disk, want map[string]bool) map[string]bool {
	found := make(map[string]bool)
	o, err := w.open(d)
	if err != nil {
		w.fail("%s: %v", how, err)
		return found
	}
	defer crash(o)
	for {
		r, more, _, err := o.Take(true, time.Minute)
		if err != nil {
			w.fail("%s: Take = %v", how, err)
		}
		if !more {
			break
		}
		if f := w.fates[string(r.Body)]; r.Err != nil || found[string(r.Body)] || f != nil && f.seq != r.ID.Lo {
			w.fail("%s: event %d is %.20q, %v: damaged, twice, or another", how, r.ID.Lo, r.Body, r.Err)
		}
		found[string(r.Body)] = true
	}
	for body := range want {
		if !found[body] {
			w.fail("%s: %.20q is lost", how, body)
		}
	}
	return found
}

func (w *workload) run(steps int) {
	w.disk.Step = w.step
	w.restart(w.disk)
	for range steps {
		if w.problem != nil {
			return
		}
		switch n := w.rng.IntN(100); {
		case n < 45:
			w.put()
		case n < 80:
			w.take()
		case n < 92:
			w.sync()
		case n < 94:
			w.disk.SetRoom(w.rng.IntN(2000))
		case n < 96:
			w.disk.SetRoom(crashtest.Plenty)
		case n < 97:
			w.close()
		case n < 99:
			crash(w.box)
			w.restart(w.disk.AfterKill())
		default:
			crash(w.box)
			w.restart(w.disk.AfterPowerFailure())
			for _, f := range w.fates {
				f.safe, f.unsure = true, false
			}
		}
	}
}

// restart opens a disk, from which some may be missing.
func (w *workload) restart(d *crashtest.Disk) {
	found := w.find("restart", d.AfterKill(), nil)
	for body, f := range w.fates {
		f.inMemory = false
		switch {
		case found[body]:
			f.unsure, f.ending = f.unsure || f.ending, false
		case !f.ending:
			delete(w.fates, body)
		}
	}
	w.disk.Step = func() {}
	w.disk = d
	d.SetRoom(crashtest.Plenty)
	d.Step = w.step
	var err error
	if w.box, err = w.open(d); err != nil {
		w.fail("%v", err)
	}
}

func (w *workload) put() {
	w.n++
	w.putting = fmt.Sprintf("%d:%s", w.n, strings.Repeat("x", w.rng.IntN(120)))
	id, err := w.box.Put(store.Record{Body: []byte(w.putting)})
	if err != nil {
		w.fail("Put = %v", err)
		return
	}
	inMemory := w.box.find(id.Lo).segment == 0
	w.fates[w.putting] = &fate{seq: id.Lo, inMemory: inMemory, safe: w.fsync && !inMemory}
	w.putting = ""
}

func (w *workload) take() {
	for range 1 + w.rng.IntN(4) {
		r, found, _, err := w.box.Take(w.rng.IntN(10) == 0, time.Minute)
		if err != nil {
			w.fail("Take = %v", err)
		}
		if !found {
			return
		}
		f := w.fates[string(r.Body)]
		if f == nil || r.Err != nil {
			w.fail("Take gave %.20q, %v", r.Body, r.Err)
			return
		}
		switch n := w.rng.IntN(10); {
		case n == 0: // stays leased
		case n < 3:
			_ = w.box.Settle(store.Outcome{ID: r.ID, RetryIn: time.Duration(w.rng.IntN(3)) * time.Minute, Attempts: r.Attempts + 1})
		default:
			f.ending = true
			_ = w.box.Settle(store.Outcome{ID: r.ID, Remove: true})
		}
	}
}

func (w *workload) sync() {
	if syncNow(w.box) == nil {
		w.keep()
	}
}

// keep notes that all is on disk.
func (w *workload) keep() {
	for _, f := range w.fates {
		f.safe, f.over, f.inMemory, f.unsure = true, f.ending, false, false
	}
}

func (w *workload) close() {
	lost, err := w.box.Close()
	for _, r := range lost {
		delete(w.fates, string(r.Body))
	}
	if err == nil {
		w.keep()
	}
	w.restart(w.disk)
}

func TestCrashAtAnyPoint(t *testing.T) {
	points, want := 0, chaosRounds(t, 400)
	for seed := uint64(1); points < want; seed++ {
		w := newWorkload(seed, 20, nil)
		w.run(150)
		if points += w.points; w.problem != nil {
			t.Fatal(w.problem)
		}
	}
	t.Logf("%d crash points", points)
}

// The crash model is worth something only if it finds a disk, or an outbox, that
// leaves a sync out.
func TestCrashModelFindsEachSyncThatIsLeftOut(t *testing.T) {
	faults := map[string]func(crashtest.Sync) bool{
		"of a file":                              func(c crashtest.Sync) bool { return !c.Dir && !c.Inherited },
		"of a file of an earlier process":        func(c crashtest.Sync) bool { return c.Inherited },
		"of the folder after a file was made":    func(c crashtest.Sync) bool { return c.Dir && (c.After == "create" || c.After == "write") },
		"of the folder after one was removed":    func(c crashtest.Sync) bool { return c.Dir && c.After == "remove" },
		"of the parent of a folder that is made": func(c crashtest.Sync) bool { return c.Dir && c.After == "mkdir" },
	}
	for name, broken := range faults {
		t.Run(name, func(t *testing.T) {
			const enough = 2000
			for seed := range uint64(enough) {
				w := newWorkload(seed+1, 10, broken)
				if w.run(150); w.problem != nil {
					t.Logf("seed %d: %v", seed+1, w.problem)
					return
				}
			}
			t.Errorf("%d workloads found nothing wrong", enough)
		})
	}
}
