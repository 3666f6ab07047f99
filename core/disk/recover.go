package bbdisk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
)

// What Open finds in the folder, and what it does:
//
//	no folder                           makes it
//	no segment                          nothing waits
//	the folder is locked                ErrInUse
//	a file with a name that is not ours FolderError
//	a foreign folder or dot-file        ignored
//	a header, or a whole record, of a   FolderError: of a newer version
//	  format that is not known
//	bytes that are no whole record      skipped up to the next one, and said; the
//	                                      file is kept beside as .damaged
//	an event twice                      the later counts: a crash came before the
//	  segment of the first was removed
//	a record about an event that is     ignored: its segment was removed
//	  not there
//	an event that was leased            due as it was before
//	an event due in over maxDelay       due in maxDelay
//	the wall clock out of reason        no time has passed, see folderClock
//
// No segment that is there is ever written to: the first Put begins a new one.
// Open writes nothing, and gives what is damaged a second name.

// recovery is what Open knows after a part of the log.
type recovery struct {
	schedule.Replay[place]
	log     journal
	last    time.Duration // the folder's latest time
	unsafe  error         // why a power failure may take some of it
	known   []uint32      // segments whose damage an earlier process has set aside
	damaged []uint32      // others that are damaged
	skipped int64         // bytes of those
}

// recover reads the log.
func (o *outbox) recover(found listing) error {
	all := recovery{Replay: schedule.NewReplay[place](o.clock.epoch), log: o.log, known: found.damaged}
	for _, number := range found.segments {
		if err := all.readSegment(number); err != nil {
			return err
		}
	}
	o.clock.continueFrom(all.last)
	o.queue, o.log = all.Done(o.clock.start, maxDelay), all.log
	for e := range o.queue.All() {
		o.bytes += e.Value.bodySize()
		o.log.keep(e.Value)
	}
	o.log.last = found.last
	o.recovered, o.lastRecovered = o.queue.Len(), o.log.seq
	// Who wrote the last segment may have ended before it synced the folder.
	o.log.begun, o.log.dirty = len(found.segments) > 0, len(found.segments) > 0
	o.pendingErr = errors.Join(all.unsafe, o.setAside(all))
	return nil
}

// readSegment reads a segment, and syncs it, since the process that wrote it may
// have ended before it did.
func (all *recovery) readSegment(number uint32) error {
	path := segmentPath(all.log.dir, number)
	f, err := all.log.sys.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	s := scan(f, number)
	all.log.seq = max(all.log.seq, s.begins)
	for s.next() {
		r := &s.record
		all.log.seq, all.last = max(all.log.seq, r.seq), max(all.last, r.at)
		switch r.kind {
		case kindFingerprint:
			all.log.fingerprint = string(r.body)
		case kindSettled:
			all.Remove(r.seq)
		case kindRetry:
			all.Retry(r.seq, r.due, int(r.attempts))
		case kindEvent:
			all.Put(r.seq, place{accepted: r.at, segment: number, offset: s.offset, size: s.size}, r.due, int(r.attempts))
		}
	}
	if errors.Is(s.err, errUnknown) {
		return &FolderError{Path: path, Reason: s.err.Error() + "; a newer version wrote it: use that, or another folder"}
	}
	if s.err != nil { // the rest cannot be read
		s.skipped++
	}
	if s.skipped > 0 && !slices.Contains(all.known, number) {
		all.damaged = append(all.damaged, number)
		all.skipped += s.skipped
	}
	all.log.segments = append(all.log.segments, &segment{number: number, size: s.base + int64(len(s.buf))})
	all.unsafe = errors.Join(all.unsafe, f.Sync())
	return nil
}

// keptDamaged is how many damaged files are kept for a person to look at.
const keptDamaged = 4

// setAside gives segments that are damaged a second name, under which they stay
// when they are removed, and says so.
func (o *outbox) setAside(all recovery) error {
	if len(all.damaged) == 0 {
		return nil
	}
	var (
		names []string
		errs  []error
	)
	for _, number := range all.damaged {
		names = append(names, numberedPath("", number, damagedSuffix))
		errs = append(errs, o.sys.Link(segmentPath(o.dir, number), numberedPath(o.dir, number, damagedSuffix)))
	}
	kept := append(all.known, all.damaged...)
	for _, number := range kept[:max(0, len(kept)-keptDamaged)] {
		errs = append(errs, o.sys.Remove(numberedPath(o.dir, number, damagedSuffix)))
	}
	return errors.Join(append(errs, fmt.Errorf("%d damaged bytes were skipped, and all that is whole is delivered; kept for you to look at: %s",
		all.skipped, strings.Join(names, ", ")))...)
}
