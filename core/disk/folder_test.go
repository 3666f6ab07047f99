package bbdisk

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/filesystem"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/storetest"
)

func mustPut(tb testing.TB, o *outbox, body string) store.ID {
	tb.Helper()
	id, err := o.Put(store.Record{Body: []byte(body)})
	if err != nil {
		tb.Fatalf("Put = %v", err)
	}
	return id
}

func mustTake(tb testing.TB, o *outbox, limit int) []store.Record {
	tb.Helper()
	return storetest.Take(tb, o, limit)
}

// takeAll takes what waits, due or not.
func takeAll(tb testing.TB, o *outbox) (all []store.Record) {
	tb.Helper()
	return storetest.TakeAll(tb, o)
}

func mustSettle(tb testing.TB, o *outbox, outcomes ...store.Outcome) {
	tb.Helper()
	storetest.Settle(tb, o, outcomes...)
}

// mustSync does what the client does once a second.
func mustSync(tb testing.TB, o *outbox) {
	tb.Helper()
	if err := syncNow(o); err != nil {
		tb.Fatalf("Sync = %v", err)
	}
}

// waiting returns the bodies of all that waits, by id, and leases it.
func waiting(tb testing.TB, o *outbox) map[uint64]string {
	tb.Helper()
	all := make(map[uint64]string)
	for _, r := range takeAll(tb, o) {
		if r.Err != nil {
			tb.Errorf("record %d: %v", r.ID.Lo, r.Err)
		}
		if _, twice := all[r.ID.Lo]; twice {
			tb.Errorf("record %d was given out twice", r.ID.Lo)
		}
		all[r.ID.Lo] = string(r.Body)
	}
	return all
}

// contents are the segments of a folder.
func contents(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	files := make(map[string]string)
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() == filesystem.LockName || entry.IsDir() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			tb.Fatal(err)
		}
		files[entry.Name()] = string(data)
	}
	return files
}

// folder makes a folder with these files.
func folder(tb testing.TB, files map[string]string) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// refuseOrOpen opens a folder. If that is refused the folder must be as it was.
func refuseOrOpen(tb testing.TB, files map[string]string) (*outbox, error) {
	tb.Helper()
	dir := folder(tb, files)
	box, err := Open(dir)
	if err != nil {
		if !maps.Equal(contents(tb, dir), files) {
			tb.Errorf("Open changed the folder that it refused: %v", err)
		}
		return nil, err
	}
	tb.Cleanup(func() { _, _ = inside(box).Close() })
	return inside(box), nil
}

// folderSize is the bytes of all segments.
func folderSize(tb testing.TB, dir string) (size int64) {
	tb.Helper()
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return size
}

// text is the body of event n, of up to about 600 bytes.
func text(n int) string { return fmt.Sprintf("%d:%0*d", n, n*7919%600+1, n) }
