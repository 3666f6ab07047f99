package bbdisk

import (
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outboxtest"
)

func mustOpen(tb testing.TB, dir string, opts ...Option) *Outbox {
	tb.Helper()
	o, err := Open(dir, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _, _ = o.Close() })
	return o
}

// crash leaves the folder as the end of the process would.
func crash(o *Outbox) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.reader.close()
	o.log.retire()
	for _, f := range o.log.retired {
		_ = f.Close()
	}
	_ = o.lock.Close()
}

// smallSegments makes a few hundred records fill several segments.
func smallSegments(o *options) { o.segment = 4 << 10 }

func TestConformance(t *testing.T) {
	modes := map[string][]Option{
		"default": nil,
		"fsync":   {WithFsync()},
		"small":   {smallSegments},
	}
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			outboxtest.Run(t, func(t *testing.T, bounds outbox.Bounds) outbox.Outbox {
				return mustOpen(t, t.TempDir(), append(opts, WithLimits(bounds.Events, bounds.Bytes))...)
			})
			outboxtest.RunDurable(t, func(t *testing.T, bounds outbox.Bounds) (outbox.Outbox, func() outbox.Outbox) {
				dir, opts := t.TempDir(), append(opts, WithLimits(bounds.Events, bounds.Bytes))
				o := mustOpen(t, dir, opts...)
				return o, func() outbox.Outbox {
					crash(o)
					o = mustOpen(t, dir, opts...)
					return o
				}
			})
		})
	}
}
