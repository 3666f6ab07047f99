package bbdisk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
)

// readable is what a reader needs of a segment.
type readable interface {
	io.ReaderAt
	io.Closer
}

// reader reads events back. It keeps open the segment that it read last:
// events are mostly taken in the order in which they were put.
type reader struct {
	dir string

	mu     sync.Mutex // guards what follows
	file   readable
	number uint32
	closed bool
}

// read returns the bytes at p. A temporary error may pass, as when the process
// has too many open files.
func (r *reader) read(p place) (b []byte, temporary bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, true, os.ErrClosed
	}
	if r.file == nil || r.number != p.segment {
		f, err := os.Open(segmentPath(r.dir, p.segment))
		if err != nil {
			return nil, !errors.Is(err, fs.ErrNotExist), err
		}
		r.closeLocked()
		r.file, r.number = f, p.segment
	}
	b = make([]byte, p.size)
	_, err = r.file.ReadAt(b, int64(p.offset))
	// A file that is too short stays so; an I/O error may pass.
	temporary = err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF)
	return b, temporary, err
}

// forget closes a segment that is about to be removed.
func (r *reader) forget(number uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.number == number {
		r.closeLocked()
	}
}

func (r *reader) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.closeLocked()
}

func (r *reader) closeLocked() {
	if r.file != nil {
		_ = r.file.Close() // only read from
		r.file = nil
	}
}
