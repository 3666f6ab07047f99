package bbdisk

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"
)

// FuzzParseFrame: whatever is in a file, reading it does not panic, and what it
// takes for a record is exactly what would be written for it.
func FuzzParseFrame(f *testing.F) {
	for _, r := range []record{
		{kind: kindEvent, seq: 1, at: 2, due: 3, attempts: 4, sheddable: true, slot: 5, date: -6, body: []byte(`{"event_name":"a"}`)},
		{kind: kindEvent},
		{kind: kindSettled, seq: 1 << 60},
		{kind: kindRetry, seq: 1, due: 1 << 60, attempts: 9},
		{kind: kindFingerprint, body: []byte("bb-bot.ru 0123456789abcdef")},
		{kind: 9, seq: 1},
	} {
		frame := appendFrame(nil, &r)
		f.Add(frame)
		f.Add(frame[:len(frame)-1])
		f.Add(append([]byte{0, 0, 0}, frame...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		data = slices.Clone(data)
		// The fuzzer cannot guess a checksum: it gets what comes behind it too.
		if len(data) >= frameHead {
			binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-frameHead))
			binary.LittleEndian.PutUint32(data, crc32.Checksum(data[4:], castagnoli))
		}
		r, size, err := parseFrame(data)
		if err == nil && !bytes.Equal(appendFrame(nil, &r), data[:size]) {
			t.Errorf("%x was taken for %+v", data[:size], r)
		}
	})
}

// FuzzOpen: whatever a segment holds, Open does not panic, and does not change
// what it refuses.
func FuzzOpen(f *testing.F) {
	head := header(segmentVersion, 1, 0)
	f.Add([]byte{})
	f.Add(head)
	f.Add(appendFrame(head, &record{kind: kindEvent, seq: 1, body: []byte("x")}))
	f.Add(append(appendFrame(head, &record{kind: kindSettled, seq: 1}), 1, 2, 3))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := refuseOrOpen(t, map[string]string{segmentPath("", 1): string(data)})
		if err == nil {
			waiting(t, o)
			crash(o)
		}
	})
}
