package bbdisk

import (
	"errors"
	"fmt"
	"io"
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
//	                                      file is copied beside as .damaged
//	an event twice                      the later counts: a crash came before the
//	  segment of the first was removed
//	a record about an event that is     ignored: its segment was removed
//	  not there
//	an event that was leased            due as it was before
//	an event due in over maxDelay       due in maxDelay
//	the wall clock out of reason        no time has passed, see folderClock
//
// No segment that is there is ever written to: the first Put begins a new one.
// Open writes nothing but the copy of what is damaged.

// recovery is what Open knows after a part of the log.
type recovery struct {
	schedule.Replay[place]
	log     journal
	last    time.Duration // the folder's latest time
	damaged []damage
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
	o.log.inherited, o.log.begun = found.segments, len(found.segments) > 0
	o.pendingErr = o.setAside(all.damaged, found.damaged)
	return nil
}

func (all *recovery) readSegment(number uint32) error {
	path := segmentPath(all.log.dir, number)
	f, err := all.log.sys.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	s, seq, err := scan(f, number)
	for err == nil {
		all.log.seq = max(all.log.seq, seq)
		var (
			r      record
			offset int64
			size   int
		)
		if r, offset, size, err = s.record(); err == nil {
			all.apply(&r, place{accepted: r.at, segment: number, offset: uint32(offset), size: uint32(size)})
			seq = r.seq
		}
	}
	switch {
	case errors.Is(err, errUnknown):
		return &FolderError{Path: path, Reason: err.Error() + "; a newer version wrote it: use that, or another folder"}
	case !errors.Is(err, io.EOF): // the rest cannot be read
		s.skipped++
	}
	if s.skipped > 0 {
		all.damaged = append(all.damaged, damage{number, s.skipped})
	}
	all.log.add(&segment{number: number, size: s.base + int64(len(s.buf))})
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

// setAside copies segments that are damaged, unless an earlier process did, and
// says so.
func (o *outbox) setAside(damaged []damage, known []uint32) error {
	var (
		skipped int64
		copies  []string
		errs    []error
	)
	for _, d := range damaged {
		if slices.Contains(known, d.number) {
			continue
		}
		if known = append(known, d.number); len(known) > keptDamaged {
			errs = append(errs, o.sys.Remove(numberedPath(o.dir, known[0], damagedSuffix)))
			known = known[1:]
		}
		skipped += d.skipped
		copies = append(copies, numberedPath("", d.number, damagedSuffix))
		errs = append(errs, copyFile(o.sys, segmentPath(o.dir, d.number), numberedPath(o.dir, d.number, damagedSuffix)))
	}
	if skipped == 0 {
		return nil
	}
	return errors.Join(append(errs, fmt.Errorf("%d damaged bytes were skipped, and all that is whole is delivered; copied for you to look at: %s",
		skipped, strings.Join(copies, ", ")))...)
}

func copyFile(sys fileSystem, from, to string) (err error) {
	source, err := sys.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := sys.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, io.NewSectionReader(source, 0, 1<<62))
	if err = errors.Join(err, target.Sync(), target.Close()); err != nil {
		err = errors.Join(err, sys.Remove(to)) // the next start tries again
	}
	return err
}
