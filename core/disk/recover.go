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
	damaged []damage
	unsafe  error // why a power failure may take some of it
}

// damage is what was skipped of a segment, in bytes.
type damage struct {
	number  uint32
	skipped int64
}

// recover reads the log.
func (o *outbox) recover(found listing) error {
	all := recovery{Replay: schedule.NewReplay[place](o.clock.epoch), log: o.log}
	for _, number := range found.segments {
		if err := all.readSegment(number); err != nil {
			return err
		}
	}
	o.clock = startClock(o.clock.epoch, o.options.Clock.Date(o.clock.epoch), all.last)
	o.queue, o.log = all.Done(o.clock.start, maxDelay), all.log
	for e := range o.queue.All() {
		o.bytes += e.Value.bodySize()
		o.log.keep(e.Value)
	}
	o.log.last = found.last()
	o.recovered, o.lastRecovered = o.queue.Len(), o.log.seq
	o.log.begun = len(found.segments) > 0 // it may have ended before it synced the folder
	o.pendingErr = errors.Join(all.unsafe, o.setAside(all.damaged, found.damaged))
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
		all.log.seq = max(all.log.seq, s.record.seq)
		all.apply(&s.record, place{accepted: s.record.at, segment: number, offset: s.offset, size: s.size})
	}
	if errors.Is(s.err, errUnknown) {
		return &FolderError{Path: path, Reason: s.err.Error() + "; a newer version wrote it: use that, or another folder"}
	}
	if s.err != nil { // the rest cannot be read
		s.skipped++
	}
	if s.skipped > 0 {
		all.damaged = append(all.damaged, damage{number, s.skipped})
	}
	all.log.segments = append(all.log.segments, &segment{number: number, size: s.base + int64(len(s.buf))})
	all.unsafe = errors.Join(all.unsafe, f.Sync())
	return nil
}

// apply takes the next record of the log.
func (all *recovery) apply(r *record, p place) {
	all.last = max(all.last, r.at)
	switch r.kind {
	case kindFingerprint:
		all.log.fingerprint = string(r.body)
	case kindSettled:
		all.Remove(r.seq)
	case kindRetry:
		all.Retry(r.seq, r.due, int(r.attempts))
	case kindEvent:
		all.Put(r.seq, p, r.due, int(r.attempts))
	}
}

// keptDamaged is how many damaged files are kept for a person to look at.
const keptDamaged = 4

// setAside gives segments that are damaged a second name, under which they stay
// when they are removed, and says so, unless an earlier process did.
func (o *outbox) setAside(damaged []damage, known []uint32) error {
	var (
		skipped int64
		kept    []string
		errs    []error
	)
	for _, d := range damaged {
		if slices.Contains(known, d.number) {
			continue
		}
		known = append(known, d.number)
		skipped += d.skipped
		kept = append(kept, numberedPath("", d.number, damagedSuffix))
		errs = append(errs, o.sys.Link(segmentPath(o.dir, d.number), numberedPath(o.dir, d.number, damagedSuffix)))
	}
	if skipped == 0 {
		return nil
	}
	for _, number := range known[:max(0, len(known)-keptDamaged)] {
		errs = append(errs, o.sys.Remove(numberedPath(o.dir, number, damagedSuffix)))
	}
	return errors.Join(append(errs, fmt.Errorf("%d damaged bytes were skipped, and all that is whole is delivered; kept for you to look at: %s",
		skipped, strings.Join(kept, ", ")))...)
}
