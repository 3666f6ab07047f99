package bbdisk

import (
	"context"
	"errors"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// syncAfter is how much of the past a power failure may take.
const syncAfter = time.Second

// SyncAfter implements outbox.Outbox.
func (o *Outbox) SyncAfter() time.Duration { return syncAfter }

// Sync implements outbox.Outbox. It writes what Put had to keep in memory and
// waits until everything is on disk. Its error tells of all trouble since the
// last call.
func (o *Outbox) Sync(context.Context) error {
	position, trouble := o.rescue()
	return errors.Join(trouble, wrap(o.commit(position)))
}

// commit waits until the log is on disk up to a position. Calls that wait for
// one another share the work: the next in line syncs for all behind it.
func (o *Outbox) commit(position uint64) error {
	o.syncing.Lock()
	defer o.syncing.Unlock()
	if o.synced >= position {
		return nil
	}
	o.mu.Lock()
	upTo, begun := o.log.written, o.log.begun
	retired, active := o.log.retired, o.log.active
	o.log.retired, o.log.begun = nil, false
	o.mu.Unlock()

	var errs []error
	for _, f := range retired {
		errs = append(errs, f.Sync(), f.Close())
	}
	if active != nil {
		errs = append(errs, active.Sync())
	}
	if begun {
		errs = append(errs, syncDir(o.dir))
	}
	err := errors.Join(errs...)
	if err == nil {
		o.synced = upTo
	}
	return err
}

// Close implements outbox.Outbox. What it returns was in memory only and could
// not be written. A folder in which nothing waits is left without segments.
func (o *Outbox) Close() (lost []outbox.Record, err error) {
	o.tidying.Lock()
	defer o.tidying.Unlock()
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return nil, nil
	}
	o.closed = true
	trouble := o.rescueLocked()
	lost = o.abandonLocked()
	o.lost = len(lost)
	o.log.retire()
	position, nothingWaits := o.log.written, o.queue.Len() == len(lost)
	o.mu.Unlock()

	if len(lost) == 0 {
		trouble = nil
	}
	err = o.commit(position)
	o.reader.close()
	for nothingWaits && err == nil && len(o.log.segments) > 0 {
		err = o.remove(o.log.segments[0])
	}
	return lost, errors.Join(trouble, wrap(err), wrap(o.lock.Close()))
}
