package bbdisk

import (
	"errors"
	"maps"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/crashtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// faulty is a disk that is full, or that cannot sync.
type faulty struct {
	mu      sync.Mutex
	room    int // bytes that can still be written
	stuck   bool
	refused int // writes
}

type faultyFile struct {
	file
	disk *faulty
}

func (d *faulty) option(o *options) { o.System = faultySystem{o.System, d} }

type faultySystem struct {
	fileSystem
	disk *faulty
}

func (s faultySystem) Create(path string) (file, error) {
	f, err := s.fileSystem.Create(path)
	return faultyFile{f, s.disk}, err
}

func (d *faulty) set(room int, stuck bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room, d.stuck = room, stuck
}

func (f faultyFile) Write(b []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	n := min(len(b), f.disk.room)
	f.disk.room -= n
	if _, err := f.file.Write(b[:n]); err != nil || n == len(b) {
		return n, err
	}
	f.disk.refused++
	return n, syscall.ENOSPC
}

// Truncate fails too while there is no room, so that torn ends stay behind.
func (f faultyFile) Truncate(size int64) error {
	if f.disk.room == 0 {
		return syscall.EIO
	}
	return f.file.Truncate(size)
}

func (f faultyFile) Sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.stuck {
		return syscall.EIO
	}
	return f.file.Sync()
}

const plenty = crashtest.Plenty

func TestFullDiskFallsBackToMemory(t *testing.T) {
	dir, disk := t.TempDir(), &faulty{}
	o := mustOpen(t, dir, disk.option)
	want := make(map[uint64]string)
	put := func(body string) {
		t.Helper()
		want[mustPut(t, o, body).Lo] = body
	}
	disk.set(500, false)
	for range 20 { // some on disk, one in part, the rest not
		put(strings.Repeat("x", 60))
	}
	err := syncNow(o)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "16 events") {
		t.Errorf("Sync = %v, want how many events are in memory only, and why", err)
	}
	taken := mustTake(t, o, 19) // delivery goes on
	for _, r := range taken[:18] {
		mustSettle(t, o, store.Outcome{ID: r.ID, Remove: true})
		delete(want, r.ID.Lo)
	}
	mustSettle(t, o, store.Outcome{ID: taken[18].ID, Attempts: 4})
	if n, _ := o.Len(); n != 2 {
		t.Errorf("Len = %d, want 2", n)
	}
	disk.set(plenty, false)
	mustSync(t, o)
	put("later")
	if err := syncNow(o); err != nil {
		t.Errorf("Sync = %v long after", err)
	}
	crash(o)
	o = mustOpen(t, dir)
	// What was settled without a record of it comes again; nothing else does.
	got := make(map[uint64]string)
	for _, r := range takeAll(t, o) {
		if r.ID.Lo > 4 {
			got[r.ID.Lo] = string(r.Body)
		}
		if r.ID == taken[18].ID && r.Attempts != 4 {
			t.Errorf("an event that was in memory came back with %d attempts, want 4", r.Attempts)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("after a restart %d events wait, want %d", len(got), len(want))
	}
}

func TestMemoryBesideAFullDiskIsBounded(t *testing.T) {
	disk := &faulty{}
	o := mustOpen(t, t.TempDir(), disk.option)
	for i := range store.InMemory.Events {
		if _, err := o.Put(store.Record{Body: []byte("x")}); err != nil {
			t.Fatalf("Put %d = %v", i, err)
		}
	}
	if _, err := o.Put(store.Record{Body: []byte("x")}); !errors.Is(err, store.ErrFull) {
		t.Errorf("Put beyond the bound = %v, want ErrFull", err)
	}
	lost, err := o.Close()
	if len(lost) != store.InMemory.Events || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Close = %d lost, %v; want all, and why", len(lost), err)
	}
	if n, _ := o.Len(); n != 0 {
		t.Errorf("Len = %d after Close lost everything", n)
	}
}

func TestCloseLosesOnlyWhatIsInMemory(t *testing.T) {
	dir, disk := t.TempDir(), &faulty{room: 300}
	o := mustOpen(t, dir, disk.option)
	for range 10 {
		mustPut(t, o, strings.Repeat("x", 60))
	}
	lost, err := o.Close()
	kept, _ := o.Len()
	if len(lost) == 0 || kept == 0 || len(lost)+kept != 10 || err == nil {
		t.Errorf("Close = %d lost, %v; kept %d; want 10 in all", len(lost), err, kept)
	}
	for _, r := range lost {
		if len(r.Body) != 60 {
			t.Errorf("a lost event came back with the body %q", r.Body)
		}
	}
	if got := waiting(t, mustOpen(t, dir)); len(got) != kept {
		t.Errorf("%d wait after a restart, want the %d that were kept", len(got), kept)
	}
}

// Settled on a full disk, an event neither comes again in this process nor
// counts against the bounds.
func TestSettleOnAFullDisk(t *testing.T) {
	disk := &faulty{room: plenty}
	o := mustOpen(t, t.TempDir(), disk.option, WithLimits(2, 1<<20))
	mustPut(t, o, "a")
	mustPut(t, o, "b")
	disk.set(0, false)
	taken := mustTake(t, o, 2)
	mustSettle(t, o, store.Outcome{ID: taken[0].ID, Remove: true})
	if err := syncNow(o); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Sync = %v, want why an outcome is not on disk", err)
	}
	mustSettle(t, o, store.Outcome{ID: taken[1].ID, Attempts: 1})
	got := mustTake(t, o, 9)
	if n, _ := o.Len(); n != 1 || len(got) != 1 || string(got[0].Body) != "b" || got[0].Attempts != 1 {
		t.Errorf("Len = %d, took %+v; want b alone, with one attempt", n, got)
	}
	mustPut(t, o, "c")
}

func TestFailingSyncIsReported(t *testing.T) {
	disk := &faulty{room: plenty, stuck: true}
	o := mustOpen(t, t.TempDir(), disk.option)
	mustPut(t, o, "x")
	if err := syncNow(o); !errors.Is(err, syscall.EIO) {
		t.Errorf("Sync = %v, want why", err)
	}
	disk.set(plenty, false)
	if err := syncNow(o); err != nil {
		t.Errorf("Sync = %v once the disk is well", err)
	}
	mustPut(t, o, "y")
	if o.find(2).segment != 2 {
		t.Error("another event went into a segment whose fsync failed")
	}
}

// Put keeps the event all the same; the next Sync reports the failure.
func TestFailingFsyncInsidePutIsReported(t *testing.T) {
	disk := &faulty{room: plenty, stuck: true}
	o := mustOpen(t, t.TempDir(), disk.option, WithFsync())
	mustPut(t, o, "x")
	disk.set(plenty, false)
	if err := syncNow(o); !errors.Is(err, syscall.EIO) {
		t.Errorf("Sync = %v, want what failed before", err)
	}
	if err := syncNow(o); err != nil {
		t.Errorf("a second Sync = %v", err)
	}
}

func TestFsyncIsShared(t *testing.T) {
	var (
		syncs   int // guarded by Outbox.syncing
		entered = make(chan struct{})
		release = make(chan struct{})
	)
	slow := func(o *options) {
		o.System = slowSystem{o.System, func() {
			if syncs++; syncs == 1 {
				close(entered)
				<-release
			}
		}}
	}
	o := mustOpen(t, t.TempDir(), WithFsync(), slow)
	var wg sync.WaitGroup
	put := func() { mustPut(t, o, "x") }
	wg.Go(put)
	<-entered
	const others = 20
	for range others {
		wg.Go(put)
	}
	for n := 0; n < 1+others; n, _ = o.Len() {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
	if syncs != 2 {
		t.Errorf("%d fsyncs for 1 event and then %d together, want 2", syncs, others)
	}
}

type slowSystem struct {
	fileSystem
	before func()
}

func (s slowSystem) Create(path string) (file, error) {
	f, err := s.fileSystem.Create(path)
	return syncing{f, s.before}, err
}

type syncing struct {
	file
	before func()
}

func (s syncing) Sync() error {
	s.before()
	return s.file.Sync()
}

func TestCompactingWaitsForADiskThatIsFull(t *testing.T) {
	disk := &faulty{room: plenty}
	dir := t.TempDir()
	o := mustOpen(t, dir, smallSegments, disk.option)
	first := mustPut(t, o, "first")
	mustTake(t, o, 1)
	for n := range 100 {
		mustPut(t, o, text(n))
	}
	disk.set(0, false)
	for _, r := range mustTake(t, o, 100) {
		mustSettle(t, o, store.Outcome{ID: r.ID, Remove: true})
	}
	if disk.refused > 100+1 {
		t.Errorf("%d writes were tried for 100 outcomes and one evacuation", disk.refused)
	}
	if err := syncNow(o); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Sync = %v, want why nothing could be compacted", err)
	}
	disk.set(plenty, false)
	_ = syncNow(o)
	mustSettle(t, o, store.Outcome{ID: first, Attempts: 1})
	if size := folderSize(t, dir); size > bound(o) {
		t.Errorf("the folder has %d bytes once there is room, want at most %d", size, bound(o))
	}
	if got := waiting(t, o); !maps.Equal(got, map[uint64]string{first.Lo: "first"}) {
		t.Errorf("%v waits, want the first event", got)
	}
}
