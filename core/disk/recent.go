package bbdisk

import "github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"

// recent holds what was put a moment ago, since that is mostly what is taken
// next, and need not be read back. It is bounded: an event is overwritten by the
// one that many later, and a large one is not held.
type recent [128]struct {
	seq    uint64
	record store.Record
}

const recentBody = 4 << 10

func (v *recent) add(seq uint64, r store.Record) {
	slot := &v[seq%uint64(len(v))]
	if slot.seq, slot.record = seq, r; len(r.Body) > recentBody {
		slot.seq, slot.record = 0, store.Record{}
	}
}

func (v *recent) find(seq uint64) (r store.Record, ok bool) {
	slot := &v[seq%uint64(len(v))]
	return slot.record, slot.seq == seq
}

func (v *recent) remove(seq uint64) {
	if slot := &v[seq%uint64(len(v))]; slot.seq == seq {
		slot.seq, slot.record = 0, store.Record{}
	}
}
