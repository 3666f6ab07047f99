package bbdisk

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

func TestFailingSyncOfARetiredSegment(t *testing.T) {
	dir, disk := t.TempDir(), &faulty{room: plenty}
	o := mustOpen(t, dir, disk.option)
	mustPut(t, o, "x")
	o.mu.Lock()
	o.log.active = nil
	o.mu.Unlock()
	disk.set(plenty, true)
	if err := syncNow(o); !errors.Is(err, syscall.EIO) || !o.log.dirty {
		t.Errorf("Sync = %v, want why, and that it is tried again", err)
	}
	checkClosed(t, segmentPath(dir, 1))
	disk.set(plenty, false)
	if err := syncNow(o); err != nil {
		t.Errorf("Sync = %v once the disk is well", err)
	}
}

func TestFailingSyncOfTheFolderIsTriedAgain(t *testing.T) {
	tries := 0
	o := mustOpen(t, t.TempDir(), func(o *options) { o.System = nameless{o.System, &tries} })
	mustPut(t, o, "x")
	if err := syncNow(o); !errors.Is(err, syscall.EIO) || !o.log.dirty {
		t.Errorf("Sync = %v, want why, and that it is tried again", err)
	}
	if err := syncNow(o); err != nil || tries != 2 || o.log.dirty {
		t.Errorf("Sync = %v after %d tries, want that all is on disk", err, tries)
	}
}

// nameless is a disk that cannot sync a folder the first time.
type nameless struct {
	fileSystem
	tries *int
}

func (n nameless) SyncDir(string) error {
	if *n.tries++; *n.tries == 1 {
		return syscall.EIO
	}
	return nil
}

// While fsync fails what was safe before stays, and the folder shrinks after that.
func TestCompactingKeepsTheLastSafeCopy(t *testing.T) {
	dir, disk := t.TempDir(), &faulty{room: plenty}
	o := mustOpen(t, dir, smallSegments, disk.option)
	keep := mustPut(t, o, "keep")
	mustTake(t, o, 1)
	if err := syncNow(o); err != nil {
		t.Fatal(err)
	}
	disk.set(plenty, true)
	for n := range 150 {
		id := mustPut(t, o, text(n))
		mustTake(t, o, 1)
		mustSettle(t, o, store.Outcome{ID: id, Remove: true})
		_ = syncNow(o)
		if _, err := os.Stat(segmentPath(dir, 1)); err != nil {
			t.Fatal("the only safe copy was removed")
		}
	}
	disk.set(plenty, false)
	_ = syncNow(o) // of what failed before
	if err := syncNow(o); err != nil {
		t.Errorf("Sync = %v once the disk is well", err)
	}
	mustSettle(t, o, store.Outcome{ID: keep, Attempts: 1})
	if size := folderSize(t, dir); size > bound(o) {
		t.Errorf("the folder has %d bytes once the disk is well, want at most %d", size, bound(o))
	}
	if got := mustTake(t, o, 9); len(got) != 1 || string(got[0].Body) != "keep" {
		t.Errorf("took %+v, want what was to be kept", got)
	}
}

// dropping is a disk of which, once it is ill, one fsync in four fails. What that
// was for never gets onto it, though the next fsync succeeds.
type dropping struct {
	mu    sync.Mutex
	files map[string]*droppingFile
	ill   bool
}

type droppingFile struct {
	file
	disk       *dropping
	size, safe int64
	dropped    bool
}

func (d *dropping) option(o *options) { o.System = droppingSystem{o.System, d} }

type droppingSystem struct {
	fileSystem
	disk *dropping
}

func (s droppingSystem) Create(path string) (file, error) {
	f, err := s.fileSystem.Create(path)
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	s.disk.files[path] = &droppingFile{file: f, disk: s.disk}
	return s.disk.files[path], err
}

func (f *droppingFile) Write(b []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	n, err := f.file.Write(b)
	f.size += int64(n)
	return n, err
}

func (f *droppingFile) Sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.ill && rand.IntN(4) == 0 {
		f.dropped = true
		return syscall.EIO
	}
	if !f.dropped {
		f.safe = f.size
	}
	return nil
}

// An event that is copied on beside failing Syncs stays on disk, wherever it is.
func TestCompactingTrustsNoFsyncAfterOneThatFailed(t *testing.T) {
	dir, disk := t.TempDir(), &dropping{files: make(map[string]*droppingFile)}
	o := mustOpen(t, dir, smallSegments, disk.option)
	keep := mustPut(t, o, "keep")
	mustTake(t, o, 1)
	if err := syncNow(o); err != nil {
		t.Fatal(err)
	}
	disk.ill = true
	var wg sync.WaitGroup
	stop := make(chan struct{})
	defer wg.Wait()
	defer close(stop)
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = syncNow(o)
			}
		}
	})
	const enough = 20
	moves, last := 0, uint32(1)
	for n := 0; moves < enough; n++ {
		if n == 5000 {
			t.Fatalf("the event moved %d times only", moves)
		}
		id := mustPut(t, o, text(n))
		mustTake(t, o, 1)
		mustSettle(t, o, store.Outcome{ID: id, Remove: true})
		_ = syncNow(o)
		at := o.find(keep.Lo)
		if at.segment != last {
			moves, last = moves+1, at.segment
		}
		disk.mu.Lock()
		safe := disk.files[segmentPath(dir, last)].safe
		disk.mu.Unlock()
		if end := at.offset + at.size; int64(end) > safe {
			t.Fatalf("after %d moves the event ends at byte %d of a segment that is on disk up to %d", moves, end, safe)
		}
	}
}

func TestFoldersAndDotFilesAreIgnored(t *testing.T) {
	dir := folder(t, map[string]string{".nfs0001": "x"})
	if err := os.Mkdir(filepath.Join(dir, "lost+found"), 0o700); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, dir)
}
