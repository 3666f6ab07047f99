package bbdisk

import (
	"cmp"
	"errors"
	"os"
	"slices"
)

// file is what a journal needs of a segment that it writes.
type file interface {
	Write([]byte) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

func createFile(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// journal is the log: a sequence of segments, of which only the last is
// written, and only by the process that began it. It has no lock of its own.
type journal struct {
	dir    string
	limit  int64                      // bytes of a segment
	create func(string) (file, error) // createFile, or what a test puts in its place

	fingerprint string // of the destination; begins every segment
	seq         uint64 // given out last; begins every segment

	segments []*segment // oldest first
	last     uint32     // number given out last
	active   file       // the last segment; nil: the next write begins one
	retired  []file     // were active, and are not synced yet
	begun    bool       // a segment was begun since the last sync
	written  uint64     // bytes ever written; a position in the log
	weight   int64      // of all segments
	live     int64      // of all segments
}

// append writes whole frames, at most a segment's worth, and returns where the
// first of them is. After an error none of them is in the log, and the next
// append begins a segment.
func (j *journal) append(frames []byte) (s *segment, offset uint32, err error) {
	if j.active != nil && j.current().size+int64(len(frames)) > j.limit {
		j.retire()
	}
	if j.active == nil {
		return j.begin(frames)
	}
	s = j.current()
	skip := 0
	if s.synced > s.syncPoint { // Open needs it to tell damage from a torn end
		syncPoint := appendFrame(nil, &record{kind: kindSyncPoint, syncPoint: s.synced})
		skip, frames = len(syncPoint), append(syncPoint, frames...)
	}
	if n, err := j.active.Write(frames); err != nil {
		if n > 0 {
			// Should this fail too, the rest is a torn end, which is skipped.
			_ = j.active.Truncate(s.size)
		}
		j.retire()
		return nil, 0, err
	}
	s.syncPoint = s.synced
	offset = uint32(s.size) + uint32(skip)
	j.grow(s, len(frames))
	return s, offset, nil
}

// begin makes a segment with the fingerprint and frames in one write.
func (j *journal) begin(frames []byte) (*segment, uint32, error) {
	j.last++ // also if this fails: a file may be left over
	number := j.last
	head := header(number, j.seq)
	if j.fingerprint != "" {
		head = appendFrame(head, &record{kind: kindFingerprint, fingerprint: j.fingerprint})
	}
	path := segmentPath(j.dir, number)
	f, err := j.create(path)
	if err != nil {
		return nil, 0, err
	}
	if _, err := f.Write(append(head, frames...)); err != nil {
		return nil, 0, errors.Join(err, f.Close(), os.Remove(path))
	}
	j.active, j.begun = f, true
	s := &segment{number: number}
	j.add(s)
	j.grow(s, len(head)+len(frames))
	return s, uint32(len(head)), nil
}

// weigh returns what a segment counts for when compact decides. Small ones, which
// restarts leave behind, count for more than they hold, so that they are merged.
func (j *journal) weigh(s *segment) int64 { return max(s.size, j.limit/128) }

// add takes a segment into the list.
func (j *journal) add(s *segment) {
	j.segments = append(j.segments, s)
	j.weight += j.weigh(s)
}

func (j *journal) grow(s *segment, n int) {
	j.weight -= j.weigh(s)
	s.size += int64(n)
	j.weight += j.weigh(s)
	j.written += uint64(n)
}

// drop takes the oldest segment, whose file is gone, out of the list.
func (j *journal) drop() {
	j.weight -= j.weigh(j.segments[0])
	j.segments[0], j.segments = nil, j.segments[1:]
}

// keep and release count a record as needed, or not any more.
func (j *journal) keep(s *segment, size uint32) {
	s.live += int64(size)
	j.live += int64(size)
}

func (j *journal) release(number, size uint32) {
	j.find(number).live -= int64(size)
	j.live -= int64(size)
}

func (j *journal) current() *segment { return j.segments[len(j.segments)-1] }

// retire ends the active segment. Its file is closed once it is synced.
func (j *journal) retire() {
	if j.active != nil {
		j.retired, j.active = append(j.retired, j.active), nil
	}
}

// find returns the segment of a place in the log, which is there as long as
// anything in it is live.
func (j *journal) find(number uint32) *segment {
	i, _ := slices.BinarySearchFunc(j.segments, number, func(s *segment, n uint32) int { return cmp.Compare(s.number, n) })
	return j.segments[i]
}

// oldest returns the oldest segment if it is not written any more.
func (j *journal) oldest() *segment {
	if len(j.segments) == 0 || len(j.segments) == 1 && j.active != nil {
		return nil
	}
	return j.segments[0]
}
