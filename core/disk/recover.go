package bbdisk

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
)

// What Open finds in the folder, and what it does:
//
//	no folder                           makes it
//	no segment                          nothing waits
//	the lock is held                    ErrInUse
//	a file with a name that is not ours DamagedError
//	a foreign folder or dot-file        ignored
//	a segment that does not begin with  DamagedError: foreign, of another version,
//	  its header                          renamed or damaged
//	… but is a part of it, or zeros     skipped: a crash came before its first record
//	bytes that are no record, before    DamagedError: no crash does that
//	  what a later record says was
//	  synced
//	… and behind it                     skipped up to the next whole record: a
//	                                      process or machine died before an fsync
//	a whole record of an unknown kind   DamagedError: of a newer version
//	an event twice                      the later counts: a crash came before the
//	  segment of the first was removed
//	a record about an event that is     ignored: its segment was removed
//	  not there
//	a segment of which nothing is       removed, if it is the oldest
//	  needed
//	an event that was leased            due as it was before
//	an event due in over maxDelay       due in maxDelay: the clock was changed
//	an event from the future            accepted now: the clock was changed
//
// No segment that is there is ever written to: the first Put begins a new one.
// On an error nothing was changed.

const lockName = "lock"

// listSegments returns the numbers of all segments, in order.
func listSegments(dir string) (numbers []uint32, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, wrap(err)
	}
	for _, entry := range entries {
		number, ok := segmentNumber(entry.Name())
		switch {
		case ok && entry.Type().IsRegular():
			numbers = append(numbers, number)
		case entry.Name() == lockName, !entry.Type().IsRegular(), strings.HasPrefix(entry.Name(), "."):
			// Volumes have folders of their own, as lost+found; so do tools.
		default:
			return nil, &DamagedError{
				Path:   filepath.Join(dir, entry.Name()),
				Reason: "it is not a file of an outbox, which needs a folder of its own",
			}
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// replay is the state of all events according to the log.
type replay struct {
	pending     map[uint64]found
	seq         uint64 // highest seen
	fingerprint string
	epoch       time.Time
	file        bytes.Buffer // the segment that is read; one for all, since each is large
}

// found is small, for there may be a million.
type found struct {
	place
	attempts uint32
	due      int64 // as on disk
}

// recover reads the log. Nothing is written.
func (o *outbox) recover() error {
	numbers, err := listSegments(o.dir)
	if err != nil {
		return err
	}
	all := replay{pending: make(map[uint64]found), epoch: o.epoch}
	for _, number := range numbers {
		if err := o.readSegment(number, &all); err != nil {
			return err
		}
	}
	o.log.seq, o.log.fingerprint = all.seq, all.fingerprint
	for _, seq := range slices.Sorted(maps.Keys(all.pending)) {
		f := all.pending[seq]
		e := schedule.Entry[place]{Seq: seq, Value: f.place, Attempts: int(f.attempts), Due: dueAt(f.due, o.epoch)}
		o.bytes += e.Value.bodySize()
		o.log.keep(o.log.find(e.Value.segment), e.Value.size)
		if e.Attempts == 0 && e.Due.IsZero() {
			o.queue.Add(seq, e.Value)
		} else {
			o.queue.Restore(e)
		}
	}
	o.recovered, o.lastRecovered = o.queue.Len(), all.seq
	return nil
}

func (o *outbox) readSegment(number uint32, all *replay) error {
	path := segmentPath(o.dir, number)
	data, err := all.load(path)
	if err != nil {
		return wrap(err)
	}
	damaged := func(offset int, reason string) error {
		return &DamagedError{Path: path, Offset: int64(offset), Reason: reason}
	}
	seq, torn, problem := parseHeader(data, number)
	if problem != "" {
		return damaged(0, problem)
	}
	all.seq = max(all.seq, seq)
	end, skipped := segmentHead, 0
	if torn {
		end = 0
	}
	safe := -1 // bytes that were on disk for sure; -1: not looked for yet
	for end < len(data) {
		r, size, err := parseFrame(data[end:])
		if errors.Is(err, errBroken) {
			if safe < 0 {
				safe = lastSyncPoint(data, end)
			}
			if end < safe {
				return damaged(end, err.Error())
			}
			next := nextFrame(data, end+1)
			if next < 0 {
				next = len(data)
			}
			skipped += next - end
			end = next
			continue
		}
		if err != nil {
			return damaged(end, err.Error())
		}
		all.apply(&r, place{segment: number, offset: uint32(end), size: uint32(size)})
		end += size
	}
	o.skipped += int64(skipped)
	o.log.add(&segment{number: number, size: int64(len(data))})
	o.log.last = number
	return nil
}

// load returns what is in a file, good until the next call.
func (all *replay) load(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	all.file.Reset()
	if _, err := all.file.ReadFrom(f); err != nil {
		return nil, err
	}
	return all.file.Bytes(), nil
}

// lastSyncPoint returns how much of a segment was on disk for sure, according to
// the records from an offset on; 0: unknown.
func lastSyncPoint(data []byte, from int) (safe int) {
	for from = nextFrame(data, from); from >= 0; from = nextFrame(data, from) {
		r, size, err := parseFrame(data[from:])
		if err != nil {
			size = 1
		} else if r.kind == kindSyncPoint {
			safe = max(safe, int(r.syncPoint))
		}
		from += size
	}
	return safe
}

// apply takes the next record of the log.
func (all *replay) apply(r *record, p place) {
	all.seq = max(all.seq, r.seq)
	switch r.kind {
	case kindFingerprint:
		all.fingerprint = r.fingerprint
	case kindSettled:
		delete(all.pending, r.seq)
	case kindRetry:
		if f, ok := all.pending[r.seq]; ok {
			f.attempts, f.due = r.attempts, r.due
			all.pending[r.seq] = f
		}
	case kindEvent:
		p.accepted = acceptedAt(r.accepted, all.epoch)
		all.pending[r.seq] = found{place: p, attempts: r.attempts, due: r.due}
	}
}
