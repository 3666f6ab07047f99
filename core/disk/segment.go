package bbdisk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
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
//	checksum uint32   CRC-32C of the above
type segment struct {
	number    uint32
	size      int64 // of the file, as far as it is whole
	live      int64 // bytes of records that are the latest of a pending event
	evacuated bool  // its live records were copied on; those left cannot be read

	synced    int64 // up to here it is on disk
	syncPoint int64 // what the log says of synced
}

const (
	segmentMagic   = "bboutbox"
	segmentVersion = 1
	segmentHead    = len(segmentMagic) + 4 + 4 + 8 + 4
	segmentSuffix  = ".seg"
	segmentBytes   = 8 << 20
)

func segmentName(number uint32) string { return fmt.Sprintf("%016d"+segmentSuffix, number) }

func segmentPath(dir string, number uint32) string { return filepath.Join(dir, segmentName(number)) }

// segmentNumber reads a name that segmentName made.
func segmentNumber(name string) (number uint32, ok bool) {
	digits, _ := strings.CutSuffix(name, segmentSuffix)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), err == nil && n > 0 && segmentName(uint32(n)) == name
}

func header(number uint32, seq uint64) []byte {
	b := []byte(segmentMagic)
	b = binary.LittleEndian.AppendUint32(b, segmentVersion)
	b = binary.LittleEndian.AppendUint32(b, number)
	b = binary.LittleEndian.AppendUint64(b, seq)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// parseHeader reads the beginning of a segment. It is torn if a crash came before
// the first record was written. problem says what is wrong with it; "": nothing.
func parseHeader(data []byte, number uint32) (seq uint64, torn bool, problem string) {
	magic := []byte(segmentMagic)
	switch {
	case len(bytes.TrimLeft(data[:min(len(data), segmentHead)], "\x00")) == 0: // of no length too
		return 0, true, ""
	case !bytes.HasPrefix(data, magic) && !bytes.HasPrefix(magic, data):
		return 0, false, "this is not a file of an outbox"
	case len(data) < segmentHead:
		return 0, true, ""
	}
	if version := binary.LittleEndian.Uint32(data[8:]); version != segmentVersion {
		return 0, false, fmt.Sprintf("the format has version %d, and only %d is known here", version, segmentVersion)
	}
	seq = binary.LittleEndian.Uint64(data[16:])
	if !bytes.HasPrefix(data, header(number, seq)) {
		return 0, false, "the header is damaged, or the file was renamed"
	}
	return seq, false, ""
}
