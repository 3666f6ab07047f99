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
	file      file  // that this process writes, until it is synced; nil: closed
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
	begins  uint64 // seq of the header; 0: it is damaged
	skipped int64  // bytes
	err     error  // why next went no further: nil at the end, errUnknown or one of reading

	record record // that next found; its body is good until the next call
	offset uint32 // where it is
	size   uint32 // how many bytes it has

	buf   []byte // a part of the file
	base  int64  // where buf is in the file
	at    int    // where to go on in buf
	ended bool   // buf goes to the end of the file
}

const scanAtOnce = 64 << 10

// scan begins to read a segment.
func scan(src io.ReaderAt, number uint32) *scanner {
	s := &scanner{src: src}
	if s.err = s.need(segmentHead); s.err != nil || len(s.buf) < segmentHead {
		return s
	}
	version, seq := binary.LittleEndian.Uint32(s.buf[len(segmentMagic):]), binary.LittleEndian.Uint64(s.buf[16:])
	switch {
	case !bytes.HasPrefix(s.buf, header(version, number, seq)):
	case version != segmentVersion:
		s.err = fmt.Errorf("%w: version %d, and this program knows version %d", errUnknown, version, segmentVersion)
	default:
		s.begins, s.at = seq, segmentHead
	}
	return s
}

// next finds the next whole record, if there is one.
func (s *scanner) next() bool {
	for s.err == nil {
		r, size, err := parseFrame(s.buf[s.at:])
		switch {
		case errors.Is(err, errCut) && !s.ended:
			s.err = s.need(size)
		case s.at == len(s.buf):
			return false
		case errors.Is(err, errCut), errors.Is(err, errBroken):
			s.at++
			s.skipped++
		case err != nil:
			s.err = err
		default:
			s.record, s.offset, s.size = r, uint32(s.base+int64(s.at)), uint32(size)
			s.at += size
			return true
		}
	}
	return false
}

// need reads on, so that so many bytes from s.at on are in buf, if there are.
func (s *scanner) need(size int) error {
	rest := copy(s.buf, s.buf[s.at:])
	s.base += int64(s.at)
	s.at = 0
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
