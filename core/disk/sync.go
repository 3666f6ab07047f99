package bbdisk

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// syncAfter is how much of the past a power failure may take.
const syncAfter = time.Second

// SyncAfter implements store.Syncer.
func (o *outbox) SyncAfter() time.Duration { return syncAfter }

// Sync implements store.Syncer. It writes what Put had to keep in memory and
// waits until everything is on disk. Its error holds all failures since the last
// call.
func (o *outbox) Sync(context.Context) ([]store.ID, error) {
	err := errors.Join(o.flushOverflow(), wrap(o.commit(everything)))
	if err == nil {
		o.mu.Lock()
		o.paused = false
		o.mu.Unlock()
	}
	return nil, err
}

// everything is the position behind all that is written.
const everything = math.MaxUint64

// commit waits until the log is on disk up to a position. Calls that wait for
// one another share the work: the next in line syncs for all behind it.
func (o *outbox) commit(position uint64) error {
	o.syncing.Lock()
	defer o.syncing.Unlock()
	return o.commitLocked(position)
}

// commitLocked is commit for a caller that holds syncing.
//
// Where an fsync failed, the system may have dropped what it could not write,
// and one that succeeds later proves nothing. So the error says what may be
// lost, and nothing more goes into that segment.
func (o *outbox) commitLocked(position uint64) error {
	o.mu.Lock()
	if o.synced >= min(position, o.log.written) && len(o.log.retired) == 0 {
		o.mu.Unlock()
		return nil
	}
	upTo, begun, retired, files := o.log.written, o.log.begun, o.log.retired, o.log.retired
	var active *segment
	var end int64 // of active
	if o.log.active != nil {
		active, files = o.log.current(), append(slices.Clone(retired), o.log.active)
		end = active.size
	}
	o.log.retired, o.log.begun = nil, false
	o.mu.Unlock()

	var errs []error
	for _, f := range files {
		if err := f.Sync(); err != nil {
			errs = append(errs, fmt.Errorf("a power failure may take events that were accepted lately: %w", err))
		}
	}
	for _, f := range retired {
		errs = append(errs, f.Close())
	}
	var nameErr error
	if begun {
		nameErr = o.options.syncDir(o.dir)
	}
	err := errors.Join(append(errs, nameErr)...)

	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.log.begun = o.log.begun || nameErr != nil
		o.log.retire()
		return err
	}
	o.synced = upTo
	if active != nil {
		active.synced = end
	}
	return nil
}

// Close implements store.Inbox. What it returns was in memory only and could
// not be written. A folder in which nothing waits is left without segments.
func (o *outbox) Close() (lost []store.Record, err error) {
	o.compacting.Lock()
	defer o.compacting.Unlock()
	o.mu.Lock()
	closed := o.closed
	o.closed = true
	o.mu.Unlock()
	if closed {
		return nil, nil
	}
	writeErr := o.flushOverflow()
	if lost = o.abandonOverflow(); len(lost) == 0 {
		writeErr = nil
	}
	o.mu.Lock()
	o.log.retire()
	o.mu.Unlock()
	err = o.commit(everything)
	o.reader.close()
	if n, _ := o.Len(); n == 0 {
		for err == nil && len(o.log.segments) > 0 {
			err = o.remove(o.log.segments[0])
		}
	}
	return lost, errors.Join(writeErr, wrap(err), wrap(o.lock.Close()))
}
