package bbdisk

import (
	"context"
	"errors"
	"fmt"
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
	position, err := o.flushOverflow()
	err = errors.Join(err, wrap(o.commit(position)))
	if err == nil {
		o.mu.Lock()
		o.paused = false
		o.mu.Unlock()
	}
	return nil, err
}

// commit waits until the log is on disk up to a position. Calls that wait for
// one another share the work: the next in line syncs for all behind it.
//
// After an fsync that failed, one that succeeds proves nothing, for the system
// may have dropped what it could not write. So what it was for may be lost if
// the power fails: the error says so, the next commit goes on behind it.
func (o *outbox) commit(position uint64) error {
	o.syncing.Lock()
	defer o.syncing.Unlock()
	o.mu.Lock()
	if o.synced >= position && len(o.log.retired) == 0 {
		o.mu.Unlock()
		return nil
	}
	upTo, begun := o.log.written, o.log.begun
	var end int64 // of the active segment
	files, retired := slices.Clone(o.log.retired), len(o.log.retired)
	if o.log.active != nil {
		files, end = append(files, sealed{o.log.active, o.log.current()}), o.log.current().size
	}
	o.log.retired, o.log.begun = nil, false
	o.mu.Unlock()

	var errs []error
	for i, f := range files {
		if err := f.Sync(); err != nil {
			errs = append(errs, fmt.Errorf("a power failure now may take events that were accepted lately: %w", err))
			o.fsyncFailed(f.segment)
		}
		if i < retired {
			errs = append(errs, f.Close())
		}
	}
	if begun {
		errs = append(errs, o.syncNames())
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	o.synced = upTo
	if end > 0 {
		o.mu.Lock()
		files[len(files)-1].segment.synced = end
		o.mu.Unlock()
	}
	return nil
}

// fsyncFailed ends a segment of which nothing new can be known to be on disk.
func (o *outbox) fsyncFailed(s *segment) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.fsyncFailed = true
	if o.log.active != nil && o.log.current() == s {
		o.log.retire()
	}
}

// syncNames makes the names of new segments safe, or leaves it to the next
// commit.
func (o *outbox) syncNames() error {
	err := o.options.syncDir(o.dir)
	if err != nil {
		o.mu.Lock()
		o.log.begun = true
		o.mu.Unlock()
	}
	return err
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
	position, writeErr := o.flushOverflow()
	if lost = o.abandonOverflow(); len(lost) == 0 {
		writeErr = nil
	}
	o.mu.Lock()
	o.log.retire()
	o.mu.Unlock()
	err = o.commit(position)
	o.reader.close()
	if n, _ := o.Len(); n == 0 {
		for err == nil && len(o.log.segments) > 0 {
			err = o.remove(o.log.segments[0])
		}
	}
	return lost, errors.Join(writeErr, wrap(err), wrap(o.lock.Close()))
}
