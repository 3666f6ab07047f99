package bbdisk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/crashtest"
)

// without returns a log without the record that has the byte at, and how many
// bytes are not of a whole record then.
func without(data string, at int) (rest string, skipped int) {
	rest = data[:segmentHead]
	if at < segmentHead {
		return data, segmentHead
	}
	for from := segmentHead; from < len(data); {
		_, size, _ := parseFrame([]byte(data[from:]))
		if at >= from && at < from+size {
			skipped = size
		} else {
			rest += data[from : from+size]
		}
		from += size
	}
	return rest, skipped
}

// Whatever byte is damaged, all that is whole is there, the file is kept, and the
// log says how much was skipped, once.
func TestEveryDamagedByte(t *testing.T) {
	name, data := smallLog(t)
	for at := range len(data) {
		for _, flip := range []byte{0x01, 0x80, 0xff, data[at]} { // the last makes it zero
			if flip == 0 {
				continue
			}
			broken := []byte(data)
			broken[at] ^= flip
			disk := crashtest.New(1).With(map[string]string{name: string(broken)})
			o := mustOpen(t, crashtest.Folder, onCrashDisk(disk))
			rest, skipped := without(data, at)
			want := stateAfter(rest)
			if got := waiting(t, o); !maps.Equal(got, want) {
				t.Fatalf("byte %d: %v waits, want %v", at, got, want)
			}
			if err := syncNow(o); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%d damaged bytes", skipped)) {
				t.Fatalf("byte %d: Sync = %v, want that %d bytes were skipped", at, err, skipped)
			}
			if kept, ok := disk.Read(numberedPath(crashtest.Folder, 1, damagedSuffix)); !ok || !bytes.Equal(kept, broken) {
				t.Fatalf("byte %d: the damaged file is not kept", at)
			}
			crash(o)
			o = mustOpen(t, crashtest.Folder, onCrashDisk(disk))
			if got := waiting(t, o); !maps.Equal(got, want) || syncNow(o) != nil {
				t.Fatalf("byte %d: %v waits at the next start, or it is said again; want %v", at, got, want)
			}
			crash(o)
		}
	}
}

// After a power failure a page may be zeros, with whole records behind it.
func TestHoleAfterAPowerFailure(t *testing.T) {
	const page = 4096
	dir := t.TempDir()
	o := mustOpen(t, dir)
	for n := range 90 {
		mustPut(t, o, text(n))
	}
	crash(o)
	name := segmentPath("", 1)
	b := []byte(contents(t, dir)[name])
	clear(b[page : 2*page])
	o = mustOpen(t, folder(t, map[string]string{name: string(b)}))
	got := waiting(t, o)
	for id, body := range got {
		if body != text(int(id)-1) {
			t.Errorf("event %d is %q", id, body)
		}
	}
	if missing := 90 - len(got); missing == 0 || missing > 2*page/recordHead || got[1] == "" || got[90] == "" {
		t.Errorf("%d are missing, want those of the hole", missing)
	}
}

func TestFewDamagedFilesAreKept(t *testing.T) {
	dir := t.TempDir()
	for n := range 3 * keptDamaged {
		o := mustOpen(t, dir)
		mustPut(t, o, text(n))
		crash(o)
	}
	for name, data := range contents(t, dir) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("?"+data[1:]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := waiting(t, mustOpen(t, dir)); len(got) != 3*keptDamaged {
		t.Errorf("%d events wait, though only headers are damaged", len(got))
	}
	kept, err := filepath.Glob(filepath.Join(dir, "*"+damagedSuffix))
	if err != nil || len(kept) != keptDamaged {
		t.Errorf("%d damaged files are kept, %v; want %d", len(kept), err, keptDamaged)
	}
}

// Keeping a damaged file needs no room: it stays under a second name.
func TestDamageOnAFullDisk(t *testing.T) {
	name, data := smallLog(t)
	disk := crashtest.New(1).With(map[string]string{name: "?" + data[1:]})
	disk.SetRoom(0)
	o := mustOpen(t, crashtest.Folder, onCrashDisk(disk))
	if got := waiting(t, o); !maps.Equal(got, stateAfter(data)) {
		t.Errorf("%v waits, want %v", got, stateAfter(data))
	}
	if kept, _ := disk.Read(numberedPath(crashtest.Folder, 1, damagedSuffix)); string(kept) != "?"+data[1:] {
		t.Error("the damaged file is not kept")
	}
}

// Open can fail for these reasons only, and then it has changed nothing.
func TestOpenFailsForAPersonToAct(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var wrong *FolderError
	if _, err := Open(filepath.Dir(file)); !errors.As(err, &wrong) {
		t.Errorf("Open = %v, want a FolderError", err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below"), "nul\x00", strings.Repeat("x", 300)} {
		if _, err := Open(dir); err == nil {
			t.Errorf("Open took %q", dir)
		}
	}
}

func TestFolderWithoutPermission(t *testing.T) {
	if os.Geteuid() <= 0 { // Windows has no such number
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	mustDo(t, os.Chmod(dir, 0o500))
	for _, dir := range []string{dir, filepath.Join(dir, "events")} {
		if _, err := Open(dir); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("Open = %v, want ErrPermission", err)
		}
	}
}
