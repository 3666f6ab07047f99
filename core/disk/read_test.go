package bbdisk

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// forget has events read back from their files.
func forget(o *outbox) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for seq, r := range o.memory.records {
		if !r.alone {
			o.memory.remove(seq)
		}
	}
	o.log.active, o.log.dirty = nil, true
	o.mu.Unlock()
	_ = o.commit()
	o.mu.Lock()
}

func TestUnreadableRecordIsGivenUp(t *testing.T) {
	damage := map[string]func(t *testing.T, path string){
		"damaged": func(t *testing.T, path string) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, bytes.Replace(data, []byte("first"), []byte("FIRST"), 1), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"cut": func(t *testing.T, path string) {
			if err := os.Truncate(path, 40); err != nil {
				t.Fatal(err)
			}
		},
		"removed": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, harm := range damage {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			o := mustOpen(t, dir)
			id := mustPut(t, o, "first")
			forget(o)
			harm(t, segmentPath(dir, 1))
			got := mustTake(t, o, 9)
			if len(got) != 1 || got[0].Err == nil || got[0].ID != id || got[0].Age < 0 {
				t.Fatalf("took %+v, want one record with Err set", got)
			}
			mustSettle(t, o, store.Outcome{ID: id, Remove: true})
			if n, _ := o.Len(); n != 0 || len(mustTake(t, o, 9)) != 0 {
				t.Errorf("Len = %d after it was given up", n)
			}
		})
	}
}

// Too many open files, say: that is no reason to give an event up.
func TestFolderThatCannotBeReadNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		o := mustOpen(t, dir)
		mustPut(t, o, "a")
		mustPut(t, o, "b")
		crash(o)
		o = mustOpen(t, dir)
		o.dir = segmentPath(dir, 1) // a file: opening below it fails
		if _, _, _, err := o.Take(false, time.Minute); err == nil {
			t.Fatal("Take did not say that it cannot read")
		}
		o.dir = dir
		time.Sleep(unreadDelay)
		got := mustTake(t, o, 2)
		if len(got) != 2 || string(got[0].Body) != "a" || got[0].Err != nil || got[0].Attempts != 0 {
			t.Errorf("took %+v later, want both as they were", got)
		}
	})
}

// openReadingFirst returns an outbox that has a in its first segment, which its
// reader keeps open, and b in its second.
func openReadingFirst(t *testing.T, dir string) *outbox {
	t.Helper()
	o := mustOpen(t, dir)
	mustPut(t, o, "a")
	crash(o)
	o = mustOpen(t, dir)
	mustPut(t, o, "b")
	crash(o)
	o = mustOpen(t, dir)
	e, _ := o.queue.Find(1)
	if _, _, err := o.look(&e); err != nil {
		t.Fatal(err)
	}
	return o
}

// An event that cannot be read now is said, and comes later.
func TestOneSegmentThatCannotBeReadNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		o := openReadingFirst(t, dir)
		o.dir = segmentPath(dir, 1)
		if got := mustTake(t, o, 1); len(got) != 1 || string(got[0].Body) != "a" {
			t.Errorf("took %+v, want a", got)
		}
		if got, found, _, err := o.Take(false, time.Minute); found || err == nil {
			t.Errorf("took %q, %v; want that b cannot be read", got.Body, err)
		}
		o.dir = dir
		time.Sleep(unreadDelay)
		if got := mustTake(t, o, 2); len(got) != 1 || string(got[0].Body) != "b" {
			t.Errorf("took %+v later, want b", got)
		}
	})
}

type ill struct{ file }

func (ill) ReadAt([]byte, int64) (int, error) { return 0, syscall.EIO }

// An I/O error is no reason to give an event up, nor to keep others waiting.
func TestIOErrorOfOneSegment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := openReadingFirst(t, t.TempDir())
		o.readFile = ill{o.readFile}
		if got := mustTake(t, o, 1); len(got) != 1 || string(got[0].Body) != "b" {
			t.Errorf("took %+v, want b alone", got)
		}
		time.Sleep(unreadDelay)
		if got := mustTake(t, o, 1); len(got) != 1 || got[0].Err != nil || string(got[0].Body) != "a" {
			t.Errorf("took %+v later, want a", got)
		}
	})
}

func TestDamagedRecordDoesNotStopCompacting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		o := mustOpen(t, dir, smallSegments)
		first := mustPut(t, o, "first")
		second := mustPut(t, o, "second")
		mustTake(t, o, 2)
		forget(o)
		data, err := os.ReadFile(segmentPath(dir, 1))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(segmentPath(dir, 1), bytes.Replace(data, []byte("first"), []byte("FIRST"), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, id := range []store.ID{first, second} {
			mustSettle(t, o, store.Outcome{ID: id, RetryIn: time.Hour, Attempts: 1})
		}
		for n := range 500 {
			mustPut(t, o, text(n))
			mustSettle(t, o, store.Outcome{ID: mustTake(t, o, 1)[0].ID, Remove: true})
		}
		mustSync(t, o)
		time.Sleep(time.Hour)
		got := mustTake(t, o, 9)
		if len(got) != 2 || got[0].Err == nil || string(got[1].Body) != "second" {
			t.Fatalf("took %+v; want the first unreadable and the second well", got)
		}
		mustSettle(t, o, store.Outcome{ID: first, Remove: true})
		mustSync(t, o)
		if size := folderSize(t, dir); size > bound(o) {
			t.Errorf("the folder has %d bytes once the event was given up, want at most %d", size, bound(o))
		}
	})
}

// Between Take's lease and its read, an event may move and its segment go.
func TestReadOfAnEventThatMoves(t *testing.T) {
	dir := t.TempDir()
	o := mustOpen(t, dir, smallSegments)
	mustPut(t, o, "first")
	forget(o)
	leased, _, _ := o.lease(false)
	for n := range 200 {
		mustPut(t, o, text(n))
		mustSettle(t, o, store.Outcome{ID: mustTake(t, o, 1)[0].ID, Remove: true})
	}
	mustSync(t, o)
	if _, err := os.Stat(segmentPath(dir, 1)); err == nil {
		t.Fatal("the first segment is still there")
	}
	if r, err := o.load(leased); err != nil || r.Err != nil || string(r.Body) != "first" {
		t.Errorf("load = %+v, %v", r, err)
	}
}

// What was put a moment ago is held, in little memory.
func TestLittleIsHeldInMemory(t *testing.T) {
	o := mustOpen(t, t.TempDir())
	large := mustPut(t, o, strings.Repeat("x", recentBody+1))
	if _, ok := o.memory.records[large.Lo]; ok {
		t.Error("a large event is held in memory")
	}
	small := mustPut(t, o, "x")
	if r, ok := o.memory.records[small.Lo]; !ok || string(r.Body) != "x" {
		t.Errorf("%+v is held, want the event", r)
	}
	for range recentEvents {
		mustPut(t, o, "y")
	}
	if len(o.memory.records) > recentEvents {
		t.Errorf("%d events are held in memory", len(o.memory.records))
	}
	if _, ok := o.memory.records[small.Lo]; ok {
		t.Error("an event of long ago is held in memory")
	}
}

// Outcomes that a full disk cannot take are forgotten at last, and memory is
// bounded.
func TestOutcomesOnAFullDiskAreBounded(t *testing.T) {
	disk := &faulty{room: plenty}
	o := mustOpen(t, t.TempDir(), disk.option)
	id := mustPut(t, o, "x")
	mustTake(t, o, 1)
	disk.set(0, false)
	for n := range 2 * maxUnwritten / recordHead {
		mustSettle(t, o, store.Outcome{ID: id, Attempts: n + 1})
		mustTake(t, o, 1)
		if len(o.log.unwritten) > maxUnwritten+recordHead {
			t.Fatalf("%d bytes of outcomes wait", len(o.log.unwritten))
		}
	}
}
