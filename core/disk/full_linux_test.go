package bbdisk

import (
	"errors"
	"log/slog"
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
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("a small disk needs leave to mount a tmpfs: %v", err)
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
