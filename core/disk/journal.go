package bbdisk

import (
	"cmp"
	"errors"
	"slices"
)

// journal is the log: a sequence of segments, of which only the last is
// written, and only by the process that began it. It has no lock of its own.
type journal struct {
	sys   fileSystem
	dir   string
	limit int64 // bytes of a segment

	fingerprint string // of the destination; begins every segment
	seq         uint64 // given out last; begins every segment

	segments  []*segment // oldest first
	last      uint32     // number given out last
	active    *segment   // the last segment; nil: the next write begins one
	retired   []*segment // were active, and are not synced yet
	inherited []uint32   // of an earlier process, which may have died before it synced them
	begun     bool       // a segment was begun since the folder was synced
	unwritten []byte     // records that go with the next write
	written   uint64     // bytes ever written; a position in the log
	weight    int64      // of all segments
	live      int64      // of all segments
}

// write writes what is unwritten, and returns where that begins. After an error
// none of it is in the log, and the next write begins a segment.
func (j *journal) write() (s *segment, offset uint32, err error) {
	if j.active != nil && j.active.size+int64(len(j.unwritten)) > j.limit {
		j.retire()
	}
	if s = j.active; s == nil {
		s, offset, err = j.begin()
	} else if n, writeErr := s.file.Write(j.unwritten); writeErr == nil {
		offset = uint32(s.size)
		j.grow(s, n)
	} else {
		if n > 0 {
			// Should this fail too, the rest is a torn end, which is skipped.
			_ = s.file.Truncate(s.size)
		}
		j.retire()
		err = writeErr
	}
	if err != nil {
		return nil, 0, err
	}
	j.unwritten = j.unwritten[:0]
	return s, offset, nil
}

// begin makes a segment with all that is unwritten, in one write.
func (j *journal) begin() (*segment, uint32, error) {
	j.last++ // also if this fails: a file may be left over
	head := header(segmentVersion, j.last, j.seq)
	if j.fingerprint != "" {
		head = appendFrame(head, &record{kind: kindFingerprint, body: []byte(j.fingerprint)})
	}
	path := segmentPath(j.dir, j.last)
	f, err := j.sys.Create(path)
	if err != nil {
		return nil, 0, err
	}
	s := &segment{number: j.last, file: f}
	n, err := f.Write(append(head, j.unwritten...))
	if err != nil {
		return nil, 0, errors.Join(err, f.Close(), j.sys.Remove(path))
	}
	j.active, j.begun = s, true
	j.add(s)
	j.grow(s, n)
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

// keep counts a record as needed, and release as not needed any more.
func (j *journal) keep(p place)    { j.count(p.segment, int64(p.size)) }
func (j *journal) release(p place) { j.count(p.segment, -int64(p.size)) }

func (j *journal) count(number uint32, size int64) {
	if s := j.find(number); s != nil {
		s.live += size
		j.live += size
	}
}

// find returns a segment; nil: it is not there any more.
func (j *journal) find(number uint32) *segment {
	i, ok := slices.BinarySearchFunc(j.segments, number, func(s *segment, n uint32) int { return cmp.Compare(s.number, n) })
	if !ok {
		return nil
	}
	return j.segments[i]
}

// retire ends the active segment. Its file is closed once it is synced.
func (j *journal) retire() {
	if j.active != nil {
		j.retired, j.active = append(j.retired, j.active), nil
	}
}

// open returns the segments whose files are open: the active one is the last.
func (j *journal) open() []*segment {
	all := slices.Clone(j.retired)
	if j.active != nil {
		all = append(all, j.active)
	}
	return all
}

// oldest returns the oldest segment, unless it is written or not synced yet.
func (j *journal) oldest() *segment {
	if len(j.segments) == 0 || slices.Contains(j.open(), j.segments[0]) {
		return nil
	}
	return j.segments[0]
}
