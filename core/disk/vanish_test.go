package bbdisk

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

func mustDo(tb testing.TB, errs ...error) {
	tb.Helper()
	if err := errors.Join(errs...); err != nil {
		tb.Fatal(err)
	}
}

// The folder, or files in it, are deleted or replaced under the bot. The next
// Sync says so, once, and what the process can still read is on disk again.
func TestFolderThatVanishes(t *testing.T) {
	harms := map[string]struct {
		harm func(t *testing.T, dir string)
		want string
	}{
		"deleted":          {func(t *testing.T, dir string) { mustDo(t, os.RemoveAll(dir)) }, "the folder was deleted"},
		"deleted and made": {func(t *testing.T, dir string) { mustDo(t, os.RemoveAll(dir), os.Mkdir(dir, 0o700)) }, "the folder was deleted"},
		"moved away":       {func(t *testing.T, dir string) { mustDo(t, os.Rename(dir, dir+".old")) }, "the folder was deleted"},
		"swept": {func(t *testing.T, dir string) {
			files, err := filepath.Glob(filepath.Join(dir, "*"))
			for _, file := range files {
				err = errors.Join(err, os.Remove(file))
			}
			mustDo(t, err)
		}, "0000000000000001.seg was deleted"},
	}
	for name, c := range harms {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "events")
			o := mustOpen(t, dir)
			want := make(map[uint64]string)
			put := func(n int) { want[mustPut(t, o, text(n)).Lo] = text(n) }
			for n := range 200 {
				put(n)
			}
			mustSync(t, o)
			done := mustTake(t, o, 1)[0]
			mustSettle(t, o, store.Outcome{ID: done.ID, Remove: true})
			delete(want, done.ID.Lo)
			c.harm(t, dir)
			put(200) // into a file without a name
			if err := syncNow(o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Sync = %v, want %q", err, c.want)
			}
			put(201)
			mustSync(t, o)
			if _, err := Open(dir); !errors.Is(err, ErrInUse) {
				t.Errorf("Open beside it = %v, want ErrInUse", err)
			}
			crash(o)
			if got := waiting(t, mustOpen(t, dir)); !maps.Equal(got, want) {
				t.Errorf("%d wait after a crash, want %d", len(got), len(want))
			}
		})
	}
}

// While the folder cannot be made again events wait in memory, those included that
// were in its last file.
func TestFolderThatIsAway(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "disk")
	dir := filepath.Join(parent, "events")
	o := mustOpen(t, dir)
	want := make(map[uint64]string)
	put := func(n int) { want[mustPut(t, o, text(n)).Lo] = text(n) }
	put(0)
	mustDo(t, os.Rename(parent, parent+".old"), os.WriteFile(parent, nil, 0o600)) // as if unplugged
	put(1)
	for range 2 {
		if err := syncNow(o); err == nil || !strings.Contains(err.Error(), "2 events kept in memory") {
			t.Errorf("Sync = %v, want that two events are in memory", err)
		}
	}
	forget(o)
	for _, r := range mustTake(t, o, 1) {
		if r.Err != nil || string(r.Body) != text(0) {
			t.Errorf("took %+v, want the first event", r)
		}
		mustSettle(t, o, store.Outcome{ID: r.ID, Attempts: 1})
	}
	mustDo(t, os.Remove(parent), os.Rename(parent+".old", parent))
	mustSync(t, o)
	crash(o)
	if got := waiting(t, mustOpen(t, dir)); !maps.Equal(got, want) {
		t.Errorf("%v wait after a crash, want %v", got, want)
	}
}

// What was on disk before is not given up while the folder is away.
func TestEventsOfAFolderThatIsAwayWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent := filepath.Join(t.TempDir(), "disk")
		dir := filepath.Join(parent, "events")
		o := mustOpen(t, dir)
		mustPut(t, o, "x")
		crash(o)
		o = mustOpen(t, dir)
		mustDo(t, os.Rename(parent, parent+".old"))
		if got, found, _, err := o.Take(false, time.Minute); found || err == nil {
			t.Errorf("took %+v, %v; want that it cannot be read", got, err)
		}
		mustDo(t, os.Rename(parent+".old", parent))
		time.Sleep(unreadDelay)
		if got := mustTake(t, o, 1); len(got) != 1 || got[0].Err != nil || string(got[0].Body) != "x" {
			t.Errorf("took %+v once it is back, want the event", got)
		}
	})
}

// Puts that wait for an fsync go on while their folder is deleted again and again.
func TestFolderThatVanishesBesidePuts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "events")
	o := mustOpen(t, dir, WithFsync(), smallSegments)
	const puts = 300
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for n := range puts / 3 {
				mustPut(t, o, text(n))
			}
		})
	}
	for range 20 {
		_ = os.RemoveAll(dir) // may meet a file that is being made
		_ = syncNow(o)
	}
	wg.Wait()
	_ = syncNow(o)
	mustSync(t, o)
	if n, _ := o.Len(); n != puts {
		t.Errorf("Len = %d, want %d", n, puts)
	}
}

// What somebody else put into a folder that came instead is left alone.
func TestFolderOfAnotherInItsPlace(t *testing.T) {
	dir, other := filepath.Join(t.TempDir(), "events"), filepath.Join(t.TempDir(), "other")
	o, theirs := mustOpen(t, dir), mustOpen(t, other)
	mustPut(t, o, "ours")
	mustPut(t, theirs, "theirs")
	mustPut(t, theirs, "theirs")
	mustDo(t, os.RemoveAll(dir), os.Rename(other, dir))
	if err := syncNow(o); !errors.Is(err, ErrInUse) {
		t.Errorf("Sync = %v, want ErrInUse", err)
	}
	crash(theirs)
	if err := syncNow(o); err == nil || !strings.Contains(err.Error(), "next start") {
		t.Errorf("Sync = %v, want that another's events wait for the next start", err)
	}
	if got := mustTake(t, o, 9); len(got) != 1 || string(got[0].Body) != "ours" {
		t.Errorf("took %+v, want ours", got)
	}
	if lost, err := o.Close(); len(lost) != 1 || err == nil {
		t.Errorf("Close = %d lost, %v; want ours, and why", len(lost), err)
	}
	if got := waiting(t, mustOpen(t, dir)); len(got) != 2 {
		t.Errorf("%v wait in the other folder, want theirs", got)
	}
}

// refusing is a file system on which nothing can be made, as a read-only one, or
// one without inodes, or beside too many open files.
type refusing struct {
	fileSystem
	err *error
}

func (r refusing) Create(path string) (file, error) {
	if *r.err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: *r.err}
	}
	return r.fileSystem.Create(path)
}

func (r refusing) Mkdir(path string) error {
	if *r.err != nil {
		return &os.PathError{Op: "mkdir", Path: path, Err: *r.err}
	}
	return r.fileSystem.Mkdir(path)
}

func (r refusing) Remove(path string) error {
	if *r.err != nil {
		return &os.PathError{Op: "remove", Path: path, Err: *r.err}
	}
	return r.fileSystem.Remove(path)
}

// Open succeeds, with or without a folder there, says what is wrong, and what is
// in memory moves to the disk once it can.
func TestFolderThatCannotBeWrittenTo(t *testing.T) {
	for _, cause := range []syscall.Errno{syscall.EROFS, syscall.ENOSPC, syscall.EMFILE, syscall.EIO} {
		for _, there := range []bool{true, false} {
			dir, ill := filepath.Join(t.TempDir(), "events"), error(nil)
			on := func(o *options) { o.System = refusing{o.System, &ill} }
			want := make(map[uint64]string)
			if there {
				o := mustOpen(t, dir)
				want[mustPut(t, o, "before").Lo] = "before"
				crash(o)
			}
			ill = cause
			o := mustOpen(t, dir, on)
			want[mustPut(t, o, "in memory").Lo] = "in memory"
			if err := syncNow(o); !errors.Is(err, cause) || !strings.Contains(err.Error(), "1 event kept in memory") {
				t.Errorf("Sync = %v, want %v", err, cause)
			}
			if got := mustTake(t, o, 9); len(got) != len(want) {
				t.Errorf("%v: took %d, want %d", cause, len(got), len(want))
			}
			ill = nil
			mustSync(t, o)
			crash(o)
			if got := waiting(t, mustOpen(t, dir)); !maps.Equal(got, want) {
				t.Errorf("%v: %v wait after a crash, want %v", cause, got, want)
			}
		}
	}
}

// A cleaner that empties the folder cannot take the lock away.
func TestLockCannotBeSwept(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, dir)
	files, err := os.ReadDir(dir)
	mustDo(t, err)
	for _, f := range files {
		_ = os.Remove(filepath.Join(dir, f.Name())) // Windows refuses
	}
	if _, err := Open(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("Open = %v, want ErrInUse", err)
	}
}

// A path that is not absolute goes on to mean the folder that it meant at first.
func TestWorkingDirectoryThatChanges(t *testing.T) {
	t.Chdir(t.TempDir())
	o := mustOpen(t, "events")
	mustPut(t, o, "x")
	t.Chdir(t.TempDir())
	mustSync(t, o)
	forget(o)
	if got := mustTake(t, o, 1); len(got) != 1 || got[0].Err != nil {
		t.Errorf("took %+v, want the event", got)
	}
	if _, err := os.Stat("events"); err == nil {
		t.Error("a folder was made elsewhere")
	}
}
