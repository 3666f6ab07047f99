package bbdisk

import (
	"context"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/storetest"
)

func openBox(tb testing.TB, dir string, opts ...Option) *Outbox {
	tb.Helper()
	box, err := Open(dir, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _, _ = inside(box).Close() })
	return box
}

func inside(box *Outbox) *outbox { return box.Place().Store.(*outbox) }

// mustOpen opens the store that a client gets.
func mustOpen(tb testing.TB, dir string, opts ...Option) *outbox {
	tb.Helper()
	return inside(openBox(tb, dir, opts...))
}

func syncNow(o *outbox) error {
	_, err := o.Sync(context.Background())
	return err
}

// crash leaves the folder as the end of the process would.
func crash(o *outbox) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.closeReadLocked()
	for _, s := range o.log.unsynced() {
		_ = s.file.Close()
	}
	if o.held != nil {
		_ = o.held.Close()
	}
}

// find returns what is known of an event.
func (o *outbox) find(seq uint64) place {
	o.mu.Lock()
	defer o.mu.Unlock()
	e, _ := o.queue.Find(seq)
	return e.Value
}

// smallSegments makes a few hundred records fill several segments.
func smallSegments(o *options) { o.Segment = 4 << 10 }

func TestConformance(t *testing.T) {
	modes := map[string][]Option{
		"default": nil,
		"fsync":   {WithFsync()},
		"small":   {smallSegments},
	}
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, bounds store.Bounds) store.Store {
				return mustOpen(t, t.TempDir(), append(opts, WithLimits(bounds.Events, bounds.Bytes))...)
			})
			storetest.RunDurable(t, func(t *testing.T, bounds store.Bounds) (store.Store, func() store.Store) {
				dir, opts := t.TempDir(), append(opts, WithLimits(bounds.Events, bounds.Bytes))
				o := mustOpen(t, dir, opts...)
				return o, func() store.Store {
					if o.held != nil {
						mustSync(t, o) // the end comes a second later
					}
					crash(o)
					o = mustOpen(t, dir, opts...)
					return o
				}
			})
		})
	}
}
