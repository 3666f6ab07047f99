package bbdisk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// What a failed fsync was for may be lost if the power fails: Sync says so, and
// goes on behind it.
func TestFailingSyncOfARetiredSegment(t *testing.T) {
	dir, disk := t.TempDir(), &faulty{room: plenty}
	o := mustOpen(t, dir, disk.option)
	mustPut(t, o, "x")
	o.mu.Lock()
	o.log.retire()
	o.mu.Unlock()
	disk.set(plenty, true)
	if err := o.sync(); !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), "power failure") || o.synced != 0 {
		t.Errorf("Sync = %v, synced %d; want why, what may be lost, and nothing safe", err, o.synced)
	}
	disk.set(plenty, false)
	mustPut(t, o, "y")
	if err := o.sync(); err != nil || o.synced != o.log.written {
		t.Errorf("Sync = %v, synced %d of %d once the disk is well", err, o.synced, o.log.written)
	}
}

func TestFailingSyncOfTheFolderIsTriedAgain(t *testing.T) {
	tries := 0
	o := mustOpen(t, t.TempDir(), func(o *options) {
		o.syncDir = func(string) error {
			if tries++; tries == 1 {
				return syscall.EIO
			}
			return nil
		}
	})
	mustPut(t, o, "x")
	if err := o.sync(); !errors.Is(err, syscall.EIO) || o.synced != 0 {
		t.Errorf("Sync = %v, synced %d; want why, and nothing safe", err, o.synced)
	}
	if err := o.sync(); err != nil || tries != 2 || o.synced == 0 {
		t.Errorf("Sync = %v after %d tries, synced %d", err, tries, o.synced)
	}
}

// While fsync fails, what was safe before stays, and the folder stays bounded.
func TestCompactingKeepsTheLastSafeCopy(t *testing.T) {
	dir, disk := t.TempDir(), &faulty{room: plenty}
	o := mustOpen(t, dir, smallSegments, disk.option)
	keep := mustPut(t, o, "keep")
	mustTake(t, o, 1)
	if err := o.sync(); err != nil {
		t.Fatal(err)
	}
	disk.set(plenty, true)
	for n := range 150 {
		id := mustPut(t, o, text(n))
		mustTake(t, o, 1)
		mustSettle(t, o, store.Outcome{ID: id, Remove: true})
		_ = o.sync()
		if _, err := os.Stat(segmentPath(dir, 1)); err != nil {
			t.Fatal("the only safe copy was removed")
		}
	}
	disk.set(plenty, false)
	_ = o.sync()
	mustSettle(t, o, store.Outcome{ID: keep, Attempts: 1})
	if err := o.sync(); err != nil {
		t.Errorf("Sync = %v once the disk is well", err)
	}
	if got := mustTake(t, o, 9); len(got) != 1 || string(got[0].Body) != "keep" {
		t.Errorf("took %+v, want what was to be kept", got)
	}
}

// An fsync of copies may fail in the call of another, and a later one succeed.
func TestCopiesWhoseFsyncFailedAreNotSafe(t *testing.T) {
	disk := &faulty{room: plenty}
	o := mustOpen(t, t.TempDir(), disk.option)
	mustPut(t, o, "keep")
	o.mu.Lock()
	o.log.retire()
	old := o.log.segments[0]
	o.mu.Unlock()
	data, err := os.ReadFile(segmentPath(o.dir, old.number))
	if err != nil {
		t.Fatal(err)
	}
	copies, _, position, err := o.copyPart(old, data, segmentHead)
	if err != nil || len(copies) != 1 {
		t.Fatalf("%d copies, %v", len(copies), err)
	}
	disk.set(plenty, true)
	_ = o.sync()
	disk.set(plenty, false)
	mustPut(t, o, "later")
	if err := o.commit(position + 1); err != nil {
		t.Fatal(err)
	}
	if err := o.move(old, copies); err == nil {
		t.Error("an event moved to a copy that a power failure may take")
	}
}

func TestFoldersAndDotFilesAreIgnored(t *testing.T) {
	dir := folder(t, map[string]string{".nfs0001": "x"})
	if err := os.Mkdir(filepath.Join(dir, "lost+found"), 0o700); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, dir)
}
