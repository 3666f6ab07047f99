package bbdisk

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/crashtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/filesystem"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// smallLog is a folder with one segment that has every kind of record.
func smallLog(t *testing.T) (name, data string) {
	t.Helper()
	dir := t.TempDir()
	o := mustOpen(t, dir)
	if _, err := o.Identify("host fingerprint"); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{`{"event_name":"a"}`, `{"event_name":"b"}`, "", `{"event_name":"d"}`} {
		mustPut(t, o, body)
	}
	taken := mustTake(t, o, 3)
	mustSettle(t, o, store.Outcome{ID: taken[0].ID, Remove: true})
	mustSettle(t, o, store.Outcome{ID: taken[1].ID, RetryIn: time.Minute, Attempts: 1})
	if err := syncNow(o); err != nil {
		t.Fatal(err)
	}
	mustPut(t, o, `{"event_name":"e"}`)
	mustSettle(t, o, store.Outcome{ID: taken[2].ID, Remove: true})
	mustPut(t, o, `{"event_name":"f"}`)
	crash(o)
	for name, data := range contents(t, dir) {
		return name, data
	}
	t.Fatal("there is no segment")
	return "", ""
}

// stateAfter returns, without Open, what waits after the whole records of a log.
func stateAfter(data string) map[uint64]string {
	want := make(map[uint64]string)
	for at := segmentHead; at < len(data); {
		r, size, err := parseFrame([]byte(data[at:]))
		if err != nil {
			break
		}
		switch r.kind {
		case kindEvent:
			want[r.seq] = string(r.body)
		case kindSettled:
			delete(want, r.seq)
		}
		at += size
	}
	return want
}

func TestTruncationAtEveryByte(t *testing.T) {
	name, data := smallLog(t)
	for cut := range len(data) {
		o := mustOpen(t, crashtest.Folder, onCrashDisk(crashtest.New(1).With(map[string]string{name: data[:cut]})))
		want := stateAfter(data[:cut])
		if got := waiting(t, o); !maps.Equal(got, want) {
			t.Fatalf("cut at %d: %v waits, want %v", cut, got, want)
		}
		crash(o)
	}
}

func TestStatesAtStart(t *testing.T) {
	name, data := smallLog(t)
	second := segmentPath("", 2)
	frames := func(number uint32, records ...record) string {
		b := header(segmentVersion, number, 0)
		for i := range records {
			b = appendFrame(b, &records[i])
		}
		return string(b)
	}
	event := func(seq uint64, body string) record { return record{kind: kindEvent, seq: seq, body: []byte(body)} }
	none := map[uint64]string{}
	cases := []struct {
		name    string
		files   map[string]string
		want    map[uint64]string
		problem string // of the error; "": none
	}{
		{"no segment", nil, none, ""},
		{"foreign name", map[string]string{name: data, "notes.txt": "hello"}, nil, "notes.txt"},
		{"name out of pattern", map[string]string{"1.seg": data}, nil, "folder of its own"},
		{"foreign content", map[string]string{name: "#!/bin/sh\necho hello\n"}, none, ""},
		{"other version", map[string]string{name: string(header(segmentVersion+1, 1, 0)) + data[segmentHead:]}, nil, "version 4"},
		{"renamed", map[string]string{second: data}, stateAfter(data), ""},
		{"empty segment", map[string]string{name: ""}, none, ""},
		{"zeros", map[string]string{name: strings.Repeat("\x00", 4096)}, none, ""},
		{"zeros at the end", map[string]string{name: frames(1, event(1, "a")) + strings.Repeat("\x00", 4096)}, map[uint64]string{1: "a"}, ""},
		{"unknown kind", map[string]string{name: frames(1, event(1, "a"), record{kind: 9, seq: 1})}, nil, "newer version"},
		{"event twice", map[string]string{name: frames(1, event(1, "a"), event(2, "b")), second: frames(2, event(1, "a"))},
			map[uint64]string{1: "a", 2: "b"}, ""},
		{"settled after a copy", map[string]string{name: frames(1, event(1, "a")), second: frames(2, event(1, "a"), record{kind: kindSettled, seq: 1})},
			none, ""},
		{"event gone", map[string]string{name: frames(1, record{kind: kindRetry, seq: 1, attempts: 1}, record{kind: kindSettled, seq: 1}, event(2, "b"))},
			map[uint64]string{2: "b"}, ""},
		{"torn, then another segment", map[string]string{name: frames(1, event(1, "a"), event(2, "b"))[:105], second: frames(2, event(3, "c"))},
			map[uint64]string{1: "a", 3: "c"}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o, err := refuseOrOpen(t, c.files)
			if c.problem != "" {
				var damaged *FolderError
				if !errors.As(err, &damaged) || !strings.Contains(err.Error(), c.problem) {
					t.Fatalf("Open = %v, want a FolderError with %q", err, c.problem)
				}
				return
			}
			if err != nil {
				t.Fatalf("Open = %v", err)
			}
			if got := waiting(t, o); !maps.Equal(got, c.want) {
				t.Errorf("%v waits, want %v", got, c.want)
			}
		})
	}
}

func TestOpenLeavesAForeignFolderAlone(t *testing.T) {
	dir := folder(t, map[string]string{"photo.jpg": "x"})
	if _, err := Open(dir); err == nil {
		t.Fatal("Open took a folder with a foreign file")
	}
	if _, err := os.Stat(filepath.Join(dir, filesystem.LockName)); err == nil {
		t.Error("Open made a file in it")
	}
}

func TestSegmentsAreNeverWrittenAgain(t *testing.T) {
	dir := t.TempDir()
	o := mustOpen(t, dir)
	mustPut(t, o, "first")
	crash(o)
	before := contents(t, dir)
	o = mustOpen(t, dir)
	if now := contents(t, dir); !maps.Equal(now, before) {
		t.Errorf("Open alone left %d files of %d, or changed them", len(now), len(before))
	}
	mustPut(t, o, "second")
	for name, data := range before {
		if contents(t, dir)[name] != data {
			t.Errorf("%s was written to after a restart", name)
		}
	}
}

// A bot that stops with nothing waiting leaves an empty folder.
func TestCloseCleansUp(t *testing.T) {
	dir := t.TempDir()
	o := mustOpen(t, dir)
	for range 100 {
		mustPut(t, o, "x")
	}
	for _, r := range mustTake(t, o, 100) {
		mustSettle(t, o, store.Outcome{ID: r.ID, Remove: true})
	}
	if err := syncNow(o); err != nil { // after which Close has nothing to sync
		t.Fatal(err)
	}
	if _, err := o.Close(); err != nil {
		t.Fatal(err)
	}
	checkClosed(t, dir)
	if files := contents(t, dir); len(files) != 0 {
		t.Errorf("%d segments are left", len(files))
	}
}

// checkClosed finds open files of a folder, where the system lists them.
func checkClosed(t *testing.T, dir string) {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, fd := range open {
		if path, _ := os.Readlink("/proc/self/fd/" + fd.Name()); strings.HasPrefix(path, dir) {
			t.Errorf("%s is still open", path)
		}
	}
}

func TestOnlyTheOwnerCanRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	o := mustOpen(t, dir)
	mustPut(t, o, "x")
	for path, want := range map[string]os.FileMode{dir: 0o700, segmentPath(dir, 1): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want && os.PathSeparator == '/' {
			t.Errorf("%s has mode %v, want %v", path, got, want)
		}
	}
}

func TestOnlyFoundEventsAreRecovered(t *testing.T) {
	dir := t.TempDir()
	o := mustOpen(t, dir)
	mustPut(t, o, "a")
	crash(o)
	o = mustOpen(t, dir)
	mustPut(t, o, "b")
	if got := mustTake(t, o, 2); len(got) != 2 || !got[0].Recovered || got[1].Recovered {
		t.Errorf("took %+v, want that the first is recovered and the second is not", got)
	}
}
