package bbdisk

import (
	"maps"
	"math/rand/v2"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/crashtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// bound is what the package comment promises of the size of the folder.
func bound(o *outbox) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	var live int64
	for _, s := range o.log.segments {
		live += s.live
	}
	return 2*live + 3*o.log.limit
}

func TestFolderStaysSmallBesideAPoisonEvent(t *testing.T) {
	const others = 100_000
	dir := t.TempDir()
	o := mustOpen(t, dir)
	poison := mustPut(t, o, "poison")
	mustTake(t, o, 1)
	mustSettle(t, o, store.Outcome{ID: poison, RetryIn: time.Hour, Attempts: 1})
	r := sample()
	largest, total := int64(0), int64(0)
	for i := range others {
		if _, err := o.Put(r); err != nil {
			t.Fatal(err)
		}
		total += int64(len(r.Body))
		taken := mustTake(t, o, 1)
		mustSettle(t, o, store.Outcome{ID: taken[0].ID, Remove: true})
		if i%1000 == 999 {
			mustSync(t, o)
			largest = max(largest, folderSize(t, dir))
		}
	}
	mustSync(t, o)
	if limit := bound(o); largest > limit || total < limit {
		t.Errorf("the folder grew to %d bytes while %d went through, want at most %d", largest, total, limit)
	}
	crash(o)
	o = mustOpen(t, dir)
	if got := waiting(t, o); !maps.Equal(got, map[uint64]string{poison.Lo: "poison"}) {
		t.Errorf("%d events wait after a restart, want the poison event", len(got))
	}
}

// Every round opens the folder, does things at random and dies.
func TestRandomUseOverRestarts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	model := make(map[uint64]string)
	n, most, rounds := 0, 0, 60
	if testing.Short() {
		rounds = 20
	}
	for range rounds {
		o := mustOpen(t, dir, smallSegments)
		if got := waiting(t, o); !maps.Equal(got, model) {
			t.Fatalf("after a restart %d events wait, want %d", len(got), len(model))
		}
		crash(o) // which ends the leases
		o = mustOpen(t, dir, smallSegments)
		backlog := rng.IntN(3) == 0
		for range rng.IntN(300) {
			if backlog || rng.IntN(2) == 0 {
				n++
				id := mustPut(t, o, text(n))
				model[id.Lo] = text(n)
			}
			if backlog && rng.IntN(4) != 0 {
				continue
			}
			for _, r := range mustTake(t, o, 1+rng.IntN(4)) {
				if model[r.ID.Lo] != string(r.Body) {
					t.Fatalf("record %d is %q, want %q", r.ID.Lo, r.Body, model[r.ID.Lo])
				}
				switch rng.IntN(6) {
				case 0:
					mustSettle(t, o, store.Outcome{ID: r.ID, Attempts: r.Attempts + 1})
				case 1: // stays leased
				default:
					mustSettle(t, o, store.Outcome{ID: r.ID, Remove: true})
					delete(model, r.ID.Lo)
				}
			}
			if rng.IntN(20) > 0 {
				continue
			}
			mustSync(t, o)
			if size := folderSize(t, dir); size > bound(o) {
				t.Fatalf("the folder has %d bytes, want at most %d", size, bound(o))
			}
		}
		most = max(most, len(model))
		mustSync(t, o) // or what was settled comes again
		if rng.IntN(4) == 0 {
			if lost, err := o.Close(); err != nil || len(lost) != 0 {
				t.Fatalf("Close = %d lost, %v", len(lost), err)
			}
		} else {
			crash(o)
		}
	}
	if most < 100 {
		t.Errorf("at most %d events waited at a time, too few to prove anything", most)
	}
}

// Windows removes no file that is open.
func TestRemovedSegmentsAreClosed(t *testing.T) {
	dir := t.TempDir()
	o := mustOpen(t, dir, smallSegments)
	for n := range 100 {
		mustPut(t, o, text(n))
		mustSettle(t, o, store.Outcome{ID: mustTake(t, o, 1)[0].ID, Remove: true})
	}
	mustSync(t, o)
	if _, err := os.Stat(segmentPath(dir, 1)); err == nil {
		t.Fatal("the first segment is still there")
	}
	checkClosed(t, segmentPath(dir, 1))
}

func TestSmallSegmentsAreMerged(t *testing.T) {
	const restarts, most = 300, 260
	disk := crashtest.New(1)
	for range restarts {
		o := mustOpen(t, crashtest.Folder, onCrashDisk(disk))
		mustPut(t, o, "x")
		crash(o)
	}
	o := mustOpen(t, crashtest.Folder, onCrashDisk(disk))
	mustSync(t, o)
	if files := disk.Names(); files > most {
		t.Errorf("%d restarts left %d segments, want at most %d", restarts, files, most)
	}
	if got := waiting(t, o); len(got) != restarts {
		t.Errorf("%d of %d events wait", len(got), restarts)
	}
}

func TestMovedEventsKeepWhatIsKnownOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		o := mustOpen(t, dir, smallSegments)
		id, err := o.Put(store.Record{Body: []byte("x"), Age: time.Hour, Sheddable: true})
		if err != nil {
			t.Fatal(err)
		}
		const delay = 5 * time.Minute
		mustTake(t, o, 1)
		mustSettle(t, o, store.Outcome{ID: id, RetryIn: delay, Attempts: 3})
		for n := range 500 {
			mustPut(t, o, text(n))
			mustSettle(t, o, store.Outcome{ID: mustTake(t, o, 1)[0].ID, Remove: true})
		}
		mustSync(t, o)
		if _, err := os.Stat(segmentPath(dir, 1)); err == nil {
			t.Fatal("the event was not copied on")
		}
		crash(o)
		o = mustOpen(t, dir, smallSegments)
		time.Sleep(delay - 1)
		if early, found, wait, err := o.Take(false, time.Minute); found || wait != 1 || err != nil {
			t.Errorf("took %q before it was due, to be asked again in %v; %v", early.Body, wait, err)
		}
		time.Sleep(time.Nanosecond)
		got := mustTake(t, o, 9)
		if len(got) != 1 {
			t.Fatalf("took %d, want 1", len(got))
		}
		r := got[0]
		if r.ID != id || r.Attempts != 3 || !r.Sheddable || string(r.Body) != "x" || r.Age != time.Hour+delay {
			t.Errorf("took %+v, not what was put", r)
		}
	})
}

// The numbers of records that are gone are not given out again.
func TestNumbersGrowThoughTheirRecordsAreGone(t *testing.T) {
	dir := t.TempDir()
	o := mustOpen(t, dir, smallSegments)
	first := mustPut(t, o, "first")
	mustTake(t, o, 1)
	last := mustPut(t, o, "last")
	mustSettle(t, o, store.Outcome{ID: mustTake(t, o, 1)[0].ID, Remove: true})
	for n := range 1000 {
		mustSettle(t, o, store.Outcome{ID: first, Attempts: n + 1})
		mustTake(t, o, 1)
	}
	mustSync(t, o)
	if _, err := os.Stat(segmentPath(dir, 1)); err == nil {
		t.Fatal("the first segment is still there")
	}
	crash(o)
	o = mustOpen(t, dir, smallSegments)
	if id := mustPut(t, o, "new"); !id.After(last) {
		t.Errorf("Put after a restart = %v, which was given out before", id)
	}
}
