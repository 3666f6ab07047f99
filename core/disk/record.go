package bbdisk

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// A record in a segment is a frame, numbers in little-endian order:
//
//	checksum  uint32  CRC-32C of all that follows
//	length    uint32  of what follows after this field
//	kind      uint8
//	seq       uint64  of the event
//	at        int64   when the event was accepted; in other kinds, when this was
//	                  written. Nanoseconds of folderClock
//	due       int64   when the event is due; 0: at once
//	attempts  uint32  requests made so far
//	slot      uint64  as date for the throttle that processes share, see store.Record
//	date      int64
//	sheddable uint8   0 or 1
//	body              the request body, or the fingerprint of where events go
type record struct {
	kind      kind
	seq       uint64
	at, due   time.Duration
	attempts  uint32
	slot      uint64
	date      int64
	sheddable bool
	body      []byte
}

type kind uint8

const (
	kindEvent       kind = 1 // an accepted event, or a later copy of it
	kindSettled     kind = 2 // seq is delivered or given up
	kindRetry       kind = 3 // seq was tried and is due later
	kindFingerprint kind = 4 // where events go from here on
)

const (
	frameHead  = 4 + 4
	recordHead = frameHead + 1 + 8 + 8 + 8 + 4 + 8 + 8 + 1 // what comes before the body
	maxRecord  = 1 << 20                                   // sixteen times what a client accepts
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
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(recordHead-frameHead+len(r.body)))
	b = append(b, byte(r.kind))
	b = binary.LittleEndian.AppendUint64(b, r.seq)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.at))
	b = binary.LittleEndian.AppendUint64(b, uint64(r.due))
	b = binary.LittleEndian.AppendUint32(b, r.attempts)
	b = binary.LittleEndian.AppendUint64(b, r.slot)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.date))
	var sheddable byte
	if r.sheddable {
		sheddable = 1
	}
	b = append(append(b, sheddable), r.body...)
	binary.LittleEndian.PutUint32(b[start:], crc32.Checksum(b[start+4:], castagnoli))
	return b
}

// parseFrame reads the record that b begins with. Its body points into b. With
// errCut size is how many bytes are needed.
func parseFrame(b []byte) (r record, size int, err error) {
	if len(b) < recordHead {
		return record{}, recordHead, errCut
	}
	size = frameHead + int(min(binary.LittleEndian.Uint32(b[4:]), maxRecord))
	switch {
	case size < recordHead || size > maxRecord:
		return record{}, 0, errBroken
	case size > len(b):
		return record{}, size, errCut
	case crc32.Checksum(b[4:size], castagnoli) != binary.LittleEndian.Uint32(b):
		return record{}, 0, errBroken
	}
	r = record{
		kind:      kind(b[8]),
		seq:       binary.LittleEndian.Uint64(b[9:]),
		at:        time.Duration(binary.LittleEndian.Uint64(b[17:])),
		due:       time.Duration(binary.LittleEndian.Uint64(b[25:])),
		attempts:  binary.LittleEndian.Uint32(b[33:]),
		slot:      binary.LittleEndian.Uint64(b[37:]),
		date:      int64(binary.LittleEndian.Uint64(b[45:])),
		sheddable: b[53] == 1,
		body:      b[recordHead:size:size],
	}
	if r.kind < kindEvent || r.kind > kindFingerprint || b[53] > 1 {
		return record{}, size, errUnknown
	}
	return r, size, nil
}

// accepted returns what was put, with the body that r points to.
func (r *record) accepted() store.Record {
	return store.Record{Body: r.body, Sheddable: r.sheddable, Slot: r.slot, Date: r.date}
}
