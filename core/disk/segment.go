package bbdisk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// A segment is a file of records that is written once, from its beginning to
// its end, and then only read and removed. It begins with a header:
//
//	magic    [8]byte
//	version  uint32
//	number   uint32   the same as in its name
//	seq      uint64   given out last before it, so that numbers grow for as
//	                  long as a segment is left
//	checksum uint32   CRC-32C of the above, in every version
type segment struct {
	number    uint32
	file      file  // nil: closed
	size      int64 // of the file, as far as it is whole
	live      int64 // bytes of records that are the latest of a pending event
	evacuated bool  // its live records were copied on; those left cannot be read
}

const (
	segmentMagic   = "bboutbox"
	segmentVersion = 3
	segmentHead    = len(segmentMagic) + 4 + 4 + 8 + 4
	segmentSuffix  = ".seg"
	damagedSuffix  = ".damaged"
	segmentBytes   = 8 << 20
)

func numberedPath(dir string, number uint32, suffix string) string {
	return filepath.Join(dir, fmt.Sprintf("%016d", number)+suffix)
}

func segmentPath(dir string, number uint32) string { return numberedPath(dir, number, segmentSuffix) }

// numbered reads a name that numberedPath made.
func numbered(name, suffix string) (number uint32, ok bool) {
	digits, _ := strings.CutSuffix(name, suffix)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), err == nil && n > 0 && numberedPath("", uint32(n), suffix) == name
}

func header(version, number uint32, seq uint64) []byte {
	b := []byte(segmentMagic)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint32(b, number)
	b = binary.LittleEndian.AppendUint64(b, seq)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// scanner reads the whole records of a segment one after the other, in little
// memory, and skips what is none.
type scanner struct {
	src     io.ReaderAt
	buf     []byte // a part of the file
	base    int64  // where buf is in the file
	next    int    // where to go on in buf
	ended   bool   // buf goes to the end of the file
	skipped int64  // bytes
}

const scanAtOnce = 64 << 10

// scan begins to read a segment. seq is that of its header; 0 if that is damaged.
func scan(src io.ReaderAt, number uint32) (s *scanner, seq uint64, err error) {
	s = &scanner{src: src}
	if err := s.need(segmentHead); err != nil || len(s.buf) < segmentHead {
		return s, 0, err
	}
	version := binary.LittleEndian.Uint32(s.buf[len(segmentMagic):])
	seq = binary.LittleEndian.Uint64(s.buf[16:])
	if !bytes.HasPrefix(s.buf, header(version, number, seq)) {
		return s, 0, nil
	}
	if version != segmentVersion {
		return s, 0, fmt.Errorf("%w: version %d, and this program knows version %d", errUnknown, version, segmentVersion)
	}
	s.next = segmentHead
	return s, seq, nil
}

// record returns the next whole record, which is good until the next call, and
// where it is. The error is io.EOF, errUnknown or one of reading.
func (s *scanner) record() (r record, offset int64, size int, err error) {
	for {
		r, size, err = parseFrame(s.buf[s.next:])
		switch {
		case errors.Is(err, errCut) && !s.ended:
			if err := s.need(size); err != nil {
				return record{}, 0, 0, err
			}
		case s.next == len(s.buf):
			return record{}, 0, 0, io.EOF
		case errors.Is(err, errCut), errors.Is(err, errBroken):
			s.next++
			s.skipped++
		default:
			offset = s.base + int64(s.next)
			s.next += size
			return r, offset, size, err
		}
	}
}

// need reads on, so that so many bytes from next on are in buf, if there are.
func (s *scanner) need(size int) error {
	rest := copy(s.buf, s.buf[s.next:])
	s.base += int64(s.next)
	s.next = 0
	if size = max(size, scanAtOnce); cap(s.buf) < size {
		s.buf = append(make([]byte, 0, size), s.buf[:rest]...)
	}
	n, err := s.src.ReadAt(s.buf[rest:size], s.base+int64(rest))
	s.buf = s.buf[:rest+n]
	if s.ended = errors.Is(err, io.EOF); s.ended {
		return nil
	}
	return err
}
