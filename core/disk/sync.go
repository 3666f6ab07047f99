package bbdisk

import (
	"context"
	"errors"
	"fmt"
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
	o.mu.Lock()
	closed := o.closed
	o.mu.Unlock()
	if closed {
		return nil, nil
	}
	return nil, wrap(o.sync())
}

func (o *outbox) sync() error {
	news, away := o.reattach()
	flushErr, err := o.flush(away), o.commit()
	if away == nil && err == nil {
		err = o.compact()
	}
	return errors.Join(news, flushErr, err)
}

// Close implements store.Inbox. It is a last Sync. What it returns was in memory
// only and could not be written. A folder in which nothing waits is left without
// segments, for nothing in them is needed.
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
	err = o.sync()
	o.mu.Lock()
	lost = o.abandonLocked()
	o.closeReadLocked()
	o.mu.Unlock()
	o.hold(nil)
	return lost, wrap(err)
}

// commit waits until all that is written is on disk. Calls that wait for one
// another share the work: the next in line syncs for all behind it. After Close it
// ends the log.
//
// Where an fsync failed, the system may have dropped what it could not write,
// and one that succeeds later proves nothing. So the error says what may be
// lost, and nothing more goes into that segment.
func (o *outbox) commit() error {
	o.syncing.Lock()
	defer o.syncing.Unlock()
	o.mu.Lock()
	if o.closed {
		o.log.active = nil
	}
	dirty, begun, active, unsynced := o.log.dirty || o.closed, o.log.begun, o.log.active, o.log.unsynced()
	o.log.dirty, o.log.begun = false, false
	o.mu.Unlock()
	if !dirty {
		return nil
	}

	var errs []error
	for _, s := range unsynced {
		if err := s.file.Sync(); err != nil {
			errs = append(errs, fmt.Errorf("a power failure may take events that were accepted lately: %w", err))
		}
	}
	var nameErr error
	if begun {
		nameErr = o.sys.SyncDir(o.dir)
	}
	err := errors.Join(append(errs, nameErr)...)

	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range unsynced {
		if s != active {
			o.closeLocked(s)
		}
	}
	if err != nil {
		o.log.dirty, o.log.begun, o.log.active = true, o.log.begun || nameErr != nil, nil
	}
	return err
}

// closeLocked closes the file of a segment that is written no more.
func (o *outbox) closeLocked(s *segment) {
	_ = s.file.Close() // its Sync has reported whether it is on disk
	s.file = nil
}
