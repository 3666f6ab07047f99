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

// maxDelay is more than the delay that any event is ever given.
const maxDelay = 10 * time.Minute

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

// replay is the state of all events as the log tells it.
type replay struct {
	pending map[uint64]found
	seq     uint64 // highest seen
	mark    string
	now     time.Time
	epoch   time.Time
	file    bytes.Buffer // the segment that is read; one for all, since each is large
}

type found struct {
	place
	attempts uint32
	due      int64 // Unix nanoseconds; 0: at once
}

// recover reads the log. Nothing is written.
func (o *Outbox) recover() error {
	numbers, err := listSegments(o.dir)
	if err != nil {
		return err
	}
	all := replay{pending: make(map[uint64]found), now: time.Now(), epoch: o.epoch}
	for _, number := range numbers {
		if err := o.readSegment(number, &all); err != nil {
			return err
		}
	}
	o.log.seq, o.log.mark = all.seq, all.mark
	for _, seq := range slices.Sorted(maps.Keys(all.pending)) {
		f := all.pending[seq]
		o.bytes += int64(f.body)
		o.log.keep(o.log.find(f.segment), f.size)
		if f.attempts == 0 && f.due == 0 {
			o.queue.Add(seq, f.place)
			continue
		}
		o.queue.Restore(schedule.Entry[place]{
			Seq: seq, Value: f.place, Attempts: int(f.attempts), Due: all.dueTime(f.due),
		})
	}
	o.recovery.Events = o.queue.Len()
	return nil
}

func (o *Outbox) readSegment(number uint32, all *replay) error {
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
				safe = lastSynced(data, end)
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
	o.recovery.SkippedBytes += int64(skipped)
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
	defer f.Close()
	all.file.Reset()
	if _, err := all.file.ReadFrom(f); err != nil {
		return nil, err
	}
	return all.file.Bytes(), nil
}

// lastSynced returns how much of a segment was on disk for sure, as the records
// from an offset on tell; 0: they do not.
func lastSynced(data []byte, from int) (safe int) {
	for from = nextFrame(data, from); from >= 0; from = nextFrame(data, from) {
		r, size, err := parseFrame(data[from:])
		if err != nil {
			size = 1
		} else if r.kind == kindSynced {
			safe = max(safe, int(r.due))
		}
		from += size
	}
	return safe
}

// apply takes the next record of the log.
func (all *replay) apply(r *record, p place) {
	all.seq = max(all.seq, r.seq)
	switch r.kind {
	case kindMark:
		all.mark = string(r.body)
	case kindSettled:
		delete(all.pending, r.seq)
	case kindRetry:
		if f, ok := all.pending[r.seq]; ok {
			f.attempts, f.due = r.attempts, r.due
			all.pending[r.seq] = f
		}
	case kindEvent:
		p.body = uint32(len(r.body))
		p.accepted = min(time.Unix(0, r.accepted).Sub(all.now), 0) + all.now.Sub(all.epoch)
		all.pending[r.seq] = found{place: p, attempts: r.attempts, due: r.due}
	}
}

// dueTime reads back what wallClock made.
func (all *replay) dueTime(due int64) time.Time {
	wait := time.Unix(0, due).Sub(all.now)
	if due == 0 || wait <= 0 {
		return time.Time{}
	}
	return all.now.Add(min(wait, maxDelay))
}

// wallClock is the form in which a due time outlives the process.
func wallClock(due time.Time) int64 {
	now := time.Now()
	wait := due.Sub(now) // monotonic
	if due.IsZero() || wait <= 0 {
		return 0
	}
	return now.Add(wait).UnixNano()
}
