package bbdisk

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// A record in a segment is a frame, numbers in little-endian order:
//
//	checksum uint32   CRC-32C of all that follows
//	length   uint32   of what follows after this field
//	kind     uint8
//	fields            of the kind, see appendFields
//
// Times are those of folderClock, in nanoseconds.
type record struct {
	kind        kind
	seq         uint64
	accepted    time.Duration
	due         time.Duration // 0: at once
	attempts    uint32
	sheddable   bool
	body        []byte        // the request body
	fingerprint string        // see outbox.Identify
	now         time.Duration // when this was written
}

type kind uint8

const (
	kindEvent       kind = 1 // an accepted event, or a later copy of it
	kindSettled     kind = 2 // seq is delivered or given up
	kindRetry       kind = 3 // seq was tried and is due later
	kindFingerprint kind = 4 // where events go from here on
	kindTime        kind = 5 // the process was alive at now
)

const (
	frameHead   = 8
	eventFields = 1 + 8 + 8 + 4 + 8 + 1 // kind included; the body follows
	eventHead   = frameHead + eventFields
	maxContent  = 1 << 20 // after the head: sixteen times what a client accepts
	maxBody     = maxContent - eventFields
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errBroken  = errors.New("the record is damaged")
	errCut     = errors.New("the record goes on behind these bytes, if it is one")
	errUnknown = errors.New("the format is unknown")
)

// appendFrame appends r to b.
func appendFrame(b []byte, r *record) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	b = appendFields(b, r)
	binary.LittleEndian.PutUint32(b[start+4:], uint32(len(b)-start-frameHead))
	binary.LittleEndian.PutUint32(b[start:], crc32.Checksum(b[start+4:], castagnoli))
	return b
}

func appendFields(b []byte, r *record) []byte {
	b = append(b, byte(r.kind))
	switch r.kind {
	case kindFingerprint:
		return append(b, r.fingerprint...)
	case kindTime:
		return binary.LittleEndian.AppendUint64(b, uint64(r.now))
	}
	b = binary.LittleEndian.AppendUint64(b, r.seq)
	if r.kind == kindSettled {
		return b
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(r.due))
	b = binary.LittleEndian.AppendUint32(b, r.attempts)
	if r.kind == kindRetry {
		return b
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(r.accepted))
	var sheddable byte
	if r.sheddable {
		sheddable = 1
	}
	return append(append(b, sheddable), r.body...)
}

// parseFrame reads the record that b begins with. Its body points into b. With
// errCut size is how many bytes are needed.
func parseFrame(b []byte) (r record, size int, err error) {
	if len(b) < frameHead {
		return record{}, frameHead, errCut
	}
	length := binary.LittleEndian.Uint32(b[4:])
	if length == 0 || length > maxContent {
		return record{}, 0, errBroken
	}
	size = frameHead + int(length)
	if size > len(b) {
		return record{}, size, errCut
	}
	if crc32.Checksum(b[4:size], castagnoli) != binary.LittleEndian.Uint32(b) {
		return record{}, 0, errBroken
	}
	r, ok := parseFields(b[frameHead:size:size])
	if !ok {
		return record{}, size, errUnknown
	}
	return r, size, nil
}

// parseFields takes exactly what appendFields makes.
func parseFields(b []byte) (r record, ok bool) {
	r.kind, b = kind(b[0]), b[1:]
	switch {
	case r.kind == kindFingerprint:
		r.fingerprint = string(b)
		return r, true
	case r.kind == kindTime && len(b) == 8:
		r.now = time.Duration(binary.LittleEndian.Uint64(b))
		return r, true
	case r.kind == kindSettled && len(b) == 8:
		r.seq = binary.LittleEndian.Uint64(b)
		return r, true
	case r.kind == kindRetry && len(b) == 20, r.kind == kindEvent && len(b) >= eventFields-1:
		r.seq = binary.LittleEndian.Uint64(b)
		r.due = time.Duration(binary.LittleEndian.Uint64(b[8:]))
		r.attempts = binary.LittleEndian.Uint32(b[16:])
	default:
		return record{}, false
	}
	if r.kind == kindRetry {
		return r, true
	}
	r.accepted = time.Duration(binary.LittleEndian.Uint64(b[20:]))
	r.sheddable, r.body = b[28] == 1, b[29:]
	return r, b[28] <= 1
}
