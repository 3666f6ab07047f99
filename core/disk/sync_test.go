package bbdisk

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// A segment whose fsync failed proves nothing later, even if it was retired:
// its events are written again before anything counts as safe.
func TestFailingSyncOfARetiredSegment(t *testing.T) {
	dir, disk := t.TempDir(), &faulty{room: plenty}
	o := mustOpen(t, dir, disk.option)
	mustPut(t, o, "x")
	o.mu.Lock()
	o.log.retire()
	o.mu.Unlock()
	disk.set(plenty, true)
	if err := o.sync(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Sync = %v, want why", err)
	}
	disk.set(plenty, false)
	if err := o.commit(o.log.written); !errors.Is(err, errDoubtful) || o.synced != 0 {
		t.Errorf("commit = %v, synced %d; want doubt and 0", err, o.synced)
	}
	if err := o.sync(); err != nil || o.synced != o.log.written {
		t.Errorf("Sync = %v, synced %d of %d once the disk is well", err, o.synced, o.log.written)
	}
	if e, _ := o.find(1); e.Value.segment == 1 {
		t.Error("the event was not written again")
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
func TestTidyingKeepsTheLastSafeCopy(t *testing.T) {
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
		mustSettle(t, o, outbox.Outcome{ID: id, Remove: true})
		_ = o.sync()
		if _, err := os.Stat(segmentPath(dir, 1)); err != nil {
			t.Fatal("the only safe copy was removed")
		}
	}
	disk.set(plenty, false)
	o.refreshed = time.Time{}
	_ = o.sync()
	mustSettle(t, o, outbox.Outcome{ID: keep, RetryAt: time.Now(), Attempts: 1})
	if err := o.sync(); err != nil {
		t.Errorf("Sync = %v once the disk is well", err)
	}
	if got := mustTake(t, o, 9); len(got) != 1 || string(got[0].Body) != "keep" {
		t.Errorf("took %+v, want what was to be kept", got)
	}
}

func TestFoldersAndDotFilesAreIgnored(t *testing.T) {
	dir := folder(t, map[string]string{".nfs0001": "x"})
	if err := os.Mkdir(filepath.Join(dir, "lost+found"), 0o700); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, dir)
}
