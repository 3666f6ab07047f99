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
	active    *segment   // the last segment, if it is written; nil: the next write begins one
	dirty     bool       // something was written since the last commit
	begun     bool       // a segment was begun since then
	unwritten []byte     // records that go with the next write
}

// write writes what is unwritten, and returns where that begins. After an error
// none of it is in the log, and the next write begins a segment.
func (j *journal) write() (s *segment, offset uint32, err error) {
	if j.active != nil && j.active.size+int64(len(j.unwritten)) > j.limit {
		j.active = nil
	}
	j.dirty = true
	var n int
	if s = j.active; s == nil {
		s, offset, err = j.begin()
	} else if n, err = s.file.Write(j.unwritten); err == nil {
		offset = uint32(s.size)
		s.size += int64(n)
	} else {
		if n > 0 {
			// Should this fail too, the rest is a torn end, which is skipped.
			_ = s.file.Truncate(s.size)
		}
		j.active = nil
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
	n, err := f.Write(append(head, j.unwritten...))
	if err != nil {
		return nil, 0, errors.Join(err, f.Close(), j.sys.Remove(path))
	}
	j.active, j.begun = &segment{number: j.last, file: f, size: int64(n)}, true
	j.segments = append(j.segments, j.active)
	return j.active, uint32(len(head)), nil
}

// keep counts a record as needed, and release as not needed any more.
func (j *journal) keep(p place)    { j.count(p.segment, int64(p.size)) }
func (j *journal) release(p place) { j.count(p.segment, -int64(p.size)) }

func (j *journal) count(number uint32, size int64) {
	if s := j.find(number); s != nil {
		s.live += size
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

// unsynced returns the segments that are written, or were since the last commit.
func (j *journal) unsynced() (all []*segment) {
	for _, s := range j.segments {
		if s.file != nil {
			all = append(all, s)
		}
	}
	return all
}

// isWasteful reports whether so much of the log is of no use that it is worth
// copying the rest. Small segments, which restarts leave behind, count for more
// than they hold, so that they are merged.
func (j *journal) isWasteful() bool {
	var all, live int64
	for _, s := range j.segments {
		all += max(s.size, j.limit/128)
		live += s.live
	}
	return all-live > live+2*j.limit
}
