package bbdisk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// syncAfter is how much of the past a power failure may take.
const syncAfter = time.Second

// SyncAfter implements store.Syncer.
func (o *outbox) SyncAfter() time.Duration { return syncAfter }

// Sync implements store.Syncer. It looks after the folder, writes what Put had to
// keep in memory and what became of events, waits until all is on disk, and frees
// room. Its error holds all failures since the last call.
func (o *outbox) Sync(context.Context) ([]store.ID, error) {
	o.upkeep.Lock()
	defer o.upkeep.Unlock()
	if o.isClosed() {
		return nil, nil
	}
	news, away := o.reattach()
	flushErr, err := o.flush(away), o.commit(everything)
	if away == nil && err == nil {
		err = o.compact()
	}
	return nil, wrap(errors.Join(news, flushErr, err))
}

// everything is the position behind all that is written.
const everything = math.MaxUint64

// commit waits until the log is on disk up to a position. Calls that wait for
// one another share the work: the next in line syncs for all behind it.
//
// Where an fsync failed, the system may have dropped what it could not write,
// and one that succeeds later proves nothing. So the error says what may be
// lost, and nothing more goes into that segment.
func (o *outbox) commit(position uint64) error {
	o.syncing.Lock()
	defer o.syncing.Unlock()
	o.mu.Lock()
	if o.synced >= min(position, o.log.written) && len(o.log.retired) == 0 && len(o.log.inherited) == 0 {
		o.mu.Unlock()
		return nil
	}
	upTo, begun, retired, inherited, written := o.log.written, o.log.begun, o.log.retired, o.log.inherited, o.log.open()
	o.log.retired, o.log.begun = nil, false
	o.mu.Unlock()

	var errs []error
	for _, s := range written {
		if err := s.file.Sync(); err != nil {
			errs = append(errs, fmt.Errorf("a power failure may take events that were accepted lately: %w", err))
		}
	}
	for _, s := range retired {
		errs = append(errs, o.closeFile(s))
	}
	for _, number := range inherited {
		errs = append(errs, o.syncInherited(number))
	}
	var nameErr error
	if begun {
		nameErr = o.sys.SyncDir(o.dir)
	}
	err := errors.Join(append(errs, nameErr)...)

	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.log.begun = o.log.begun || nameErr != nil
		o.log.retire()
		return err
	}
	o.synced, o.log.inherited = upTo, nil
	return nil
}

// syncInherited syncs a segment of an earlier process.
func (o *outbox) syncInherited(number uint32) error {
	f, err := o.sys.Open(segmentPath(o.dir, number))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// closeFile closes the file of a segment that is written no more.
func (o *outbox) closeFile(s *segment) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	f := s.file
	s.file = nil
	return f.Close()
}

func (o *outbox) isClosed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed
}

// Close implements store.Inbox. What it returns was in memory only and could
// not be written. A folder in which nothing waits is left without segments.
func (o *outbox) Close() (lost []store.Record, err error) {
	o.upkeep.Lock()
	defer o.upkeep.Unlock()
	o.mu.Lock()
	closed := o.closed
	o.closed = true
	o.mu.Unlock()
	if closed {
		return nil, nil
	}
	_, away := o.reattach()
	flushErr := o.flush(away)
	lost = o.abandonOverflow()
	o.mu.Lock()
	o.log.retire()
	o.closeReadLocked()
	left := o.queue.Len() - o.lost
	if len(lost) == 0 && (left == 0 || len(o.log.unwritten) == 0) {
		flushErr = nil // nothing has to be known at the next start
	}
	o.mu.Unlock()
	err = errors.Join(away, o.commit(everything))
	for left == 0 && err == nil && len(o.log.segments) > 0 {
		err = o.remove(o.log.segments[0])
	}
	o.hold(nil)
	return lost, wrap(errors.Join(flushErr, err))
}
