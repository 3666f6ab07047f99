package bbdisk

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// syncAfter is how much of the past a power failure may take.
const syncAfter = time.Second

// SyncAfter implements outbox.Outbox.
func (o *Outbox) SyncAfter() time.Duration { return syncAfter }

// errDoubtful is what commit returns between a failed fsync and the next Sync
// that can write again what it was for.
var errDoubtful = errors.New("an fsync failed before, and events of that file are still to be written again; the next Sync tries that")

// Sync implements outbox.Outbox. It writes what Put had to keep in memory and
// waits until everything is on disk. Its error tells of all trouble since the
// last call.
func (o *Outbox) Sync(context.Context) ([]outbox.ID, error) { return nil, o.sync() }

// Shared implements outbox.Outbox.
func (o *Outbox) Shared() bool { return false }

func (o *Outbox) sync() error {
	o.tidying.Lock()
	doubt := o.refresh()
	o.tidying.Unlock()
	position, trouble := o.rescue()
	return errors.Join(trouble, wrap(doubt), wrap(o.commit(position)))
}

// commit waits until the log is on disk up to a position. Calls that wait for
// one another share the work: the next in line syncs for all behind it.
func (o *Outbox) commit(position uint64) error {
	o.syncing.Lock()
	defer o.syncing.Unlock()
	o.mu.Lock()
	if o.synced >= position && len(o.log.retired) == 0 {
		o.mu.Unlock()
		return nil
	}
	upTo, begun := o.log.written, o.log.begun
	var end int64 // of the active segment
	files, sealedFiles := slices.Clone(o.log.retired), len(o.log.retired)
	if o.log.active != nil {
		files, end = append(files, sealed{o.log.active, o.log.current()}), o.log.current().size
	}
	doubtful := o.log.doubtful() // before the fsyncs: copies made later are not covered
	o.log.retired, o.log.begun = nil, false
	o.mu.Unlock()

	var errs []error
	for i, f := range files {
		if err := f.Sync(); err != nil {
			errs = append(errs, err)
			o.doubt(f)
		}
		if i < sealedFiles {
			errs = append(errs, f.Close())
		}
	}
	if begun {
		errs = append(errs, o.syncNames())
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if doubtful {
		return errDoubtful
	}
	o.synced = upTo
	if end > 0 {
		o.mu.Lock()
		files[len(files)-1].segment.synced = end
		o.mu.Unlock()
	}
	return nil
}

// doubt notes that an fsync failed: nothing more goes into that segment, and
// what is in it is not safe until it is written again.
func (o *Outbox) doubt(f sealed) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f.segment.doubtful = true
	if o.log.active != nil && o.log.current() == f.segment {
		o.log.retire()
	}
}

// syncNames makes the names of new segments safe, or has the next commit do it.
func (o *Outbox) syncNames() error {
	err := o.options.syncDir(o.dir)
	if err != nil {
		o.mu.Lock()
		o.log.begun = true
		o.mu.Unlock()
	}
	return err
}

// refresh writes again what waits in segments of which an fsync failed. On a
// disk that stays ill each try fails and takes up room, so beyond the room that
// tidying allows it is tried every few minutes only. The caller holds tidying.
func (o *Outbox) refresh() error {
	o.mu.Lock()
	var again []*segment
	for _, s := range o.log.segments {
		if s.doubtful && s.live > 0 && !s.moved {
			again = append(again, s)
		}
	}
	large := o.log.weight-o.log.live > o.log.live+2*o.log.limit
	o.mu.Unlock()
	if len(again) == 0 || large && time.Since(o.refreshed) < maxDelay {
		return nil
	}
	o.refreshed = time.Now()
	for _, s := range again {
		if err := o.empty(s); err != nil {
			return err
		}
	}
	return nil
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
	o.mu.Unlock()
	doubt := o.refresh()
	o.mu.Lock()
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
	return lost, errors.Join(trouble, wrap(doubt), wrap(err), wrap(o.lock.Close()))
}
