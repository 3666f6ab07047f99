package bbdisk

import (
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// smallDisk mounts a file system of 256 KiB.
func smallDisk(t *testing.T) string { return mount(t, "size=256k") }

// mount mounts a file system in memory.
func mount(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("a disk of its own needs leave to mount a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

func TestDiskThatIsReallyFull(t *testing.T) {
	disk := smallDisk(t)
	dir := filepath.Join(disk, "events")
	o := mustOpen(t, dir)
	want := make(map[uint64]string)
	for range 1000 {
		id := mustPut(t, o, strings.Repeat("x", 400))
		want[id.Lo] = strings.Repeat("x", 400)
	}
	if err := syncNow(o); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("Sync = %v, want that the disk is full", err)
	}
	// Delivery makes room, and what is in memory moves to disk bit by bit.
	for range 600 {
		for _, r := range mustTake(t, o, 1) {
			if string(r.Body) != want[r.ID.Lo] {
				t.Fatalf("record %d came back as %q", r.ID.Lo, r.Body)
			}
			mustSettle(t, o, store.Outcome{ID: r.ID, Remove: true})
			delete(want, r.ID.Lo)
		}
	}
	for range 3 {
		_ = syncNow(o)
	}
	if err := syncNow(o); err != nil {
		t.Errorf("Sync = %v with room for all", err)
	}
	crash(o)
	got := waiting(t, mustOpen(t, dir))
	for id := range want {
		if _, ok := got[id]; !ok {
			t.Fatalf("event %d is lost; %d wait, want %d", id, len(got), len(want))
		}
	}
}

// A bot on a full disk goes on, and its events arrive.
func TestBotOnAFullDisk(t *testing.T) {
	disk := smallDisk(t)
	if err := os.WriteFile(filepath.Join(disk, "ballast"), make([]byte, 252<<10), 0o600); err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	srv := bbtest.NewServer(t)
	client := srv.Client(func(cfg *bb.Config) {
		cfg.Outbox, cfg.Logger = openBox(t, filepath.Join(disk, "events")), slog.New(slog.DiscardHandler)
	})
	for i := range 200 {
		client.Send(bb.Event{Name: "order_paid", Payload: bb.Payload{"n": i}, OccurredAt: time.Now()})
	}
	srv.Wait("order_paid", 200)
	if err := client.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	if s := client.Stats(); s.Delivered != 200 || s.Dropped != 0 {
		t.Errorf("Stats = %+v, want all delivered", s)
	}
}

// A disk is remounted read-only, as after an error, before the bot starts and while
// it runs.
func TestDiskThatIsReallyReadOnly(t *testing.T) {
	disk := mount(t, "")
	remount := func(flags uintptr) { mustDo(t, syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT|flags, "")) }
	dir, want := filepath.Join(disk, "events"), make(map[uint64]string)
	o := mustOpen(t, dir)
	put := func(body string) { want[mustPut(t, o, body).Lo] = body }
	put("before")
	for range 2 {
		crash(o)
		remount(syscall.MS_RDONLY)
		o = mustOpen(t, dir)
		put("while it is read-only")
		if err := syncNow(o); !errors.Is(err, syscall.EROFS) {
			t.Errorf("Sync = %v, want EROFS", err)
		}
		remount(0)
		mustSync(t, o)
	}
	crash(o)
	if got := waiting(t, mustOpen(t, dir)); !maps.Equal(got, want) {
		t.Errorf("%v wait, want %v", got, want)
	}
}

func TestDiskWithoutInodes(t *testing.T) {
	disk := mount(t, "nr_inodes=4")
	ballast := filepath.Join(disk, "ballast")
	mustDo(t, os.Mkdir(ballast, 0o700), os.Mkdir(ballast+"2", 0o700), os.Mkdir(ballast+"3", 0o700))
	dir := filepath.Join(disk, "events")
	o := mustOpen(t, dir)
	mustPut(t, o, "x")
	if err := syncNow(o); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Sync = %v, want ENOSPC", err)
	}
	mustDo(t, os.Remove(ballast), os.Remove(ballast+"2"))
	mustSync(t, o)
	crash(o)
	if got := waiting(t, mustOpen(t, dir)); len(got) != 1 {
		t.Errorf("%v wait, want the event", got)
	}
}
