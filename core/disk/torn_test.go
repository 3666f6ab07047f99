package bbdisk

import (
	"errors"
	"maps"
	"path/filepath"
	"testing"
)

// without returns a log without the record that has the byte at, where that
// record begins, and what the rest says was synced.
func without(data string, at int) (rest string, start, synced int) {
	rest = data[:segmentHead]
	for from := segmentHead; from < len(data); {
		r, size, _ := parseFrame([]byte(data[from:]))
		if at >= from && at < from+size {
			start = from
		} else {
			rest += data[from : from+size]
			if r.kind == kindSyncPoint {
				synced = max(synced, int(r.syncPoint))
			}
		}
		from += size
	}
	return rest, start, synced
}

// Damage to what was synced is refused; behind that it is what a power failure
// leaves, and only the damaged record is missing.
func TestCorruptionOfEveryByte(t *testing.T) {
	name, data := smallLog(t)
	refused, skipped := 0, 0
	for at := range len(data) {
		for _, flip := range []byte{0x01, 0x80, 0xff, data[at]} { // the last makes it zero
			if flip == 0 {
				continue
			}
			broken := []byte(data)
			broken[at] ^= flip
			o, err := refuseOrOpen(t, map[string]string{name: string(broken)})
			rest, start, synced := without(data, at)
			if start < synced || at < segmentHead {
				var damaged *DamagedError
				if !errors.As(err, &damaged) || filepath.Base(damaged.Path) != name || int(damaged.Offset) > at {
					t.Fatalf("byte %d is damaged, and Open = %v", at, err)
				}
				refused++
				continue
			}
			if err != nil {
				t.Fatalf("byte %d: %v", at, err)
			}
			want := stateAfter(rest)
			if got := waiting(t, o); !maps.Equal(got, want) || o.skipped != int64(len(data)-len(rest)) {
				t.Fatalf("byte %d: %v waits, %d bytes skipped; want %v", at, got, o.skipped, want)
			}
			skipped++
			crash(o)
		}
	}
	if refused == 0 || skipped == 0 {
		t.Errorf("%d refused, %d skipped: one of the cases was not tried", refused, skipped)
	}
}

// After a power failure a page of what was not synced may be zeros, with whole
// records behind it.
func TestHoleAfterAPowerFailure(t *testing.T) {
	const page = 4096
	dir := t.TempDir()
	o := mustOpen(t, dir)
	for n := range 30 {
		mustPut(t, o, text(n))
	}
	if err := syncNow(o); err != nil {
		t.Fatal(err)
	}
	safe := int(o.synced)
	for n := range 60 {
		mustPut(t, o, text(30+n))
	}
	crash(o)
	name := segmentName(1)
	data := contents(t, dir)[name]
	hole := func(from int) map[string]string {
		b := []byte(data)
		clear(b[from : from+page])
		return map[string]string{name: string(b)}
	}
	o, err := refuseOrOpen(t, hole((safe/page+1)*page))
	if err != nil {
		t.Fatal(err)
	}
	got := waiting(t, o)
	for n := range 30 {
		if got[uint64(n+1)] != text(n) {
			t.Errorf("event %d was synced and is missing", n+1)
		}
	}
	for id, body := range got {
		if body != text(int(id)-1) {
			t.Errorf("event %d is %q", id, body)
		}
	}
	if len(got) == 90 || got[90] == "" || o.skipped < page {
		t.Errorf("%d wait, %d bytes skipped; want those of the hole to be missing, and no more", len(got), o.skipped)
	}
	var damaged *DamagedError
	if _, err := refuseOrOpen(t, hole(0)); !errors.As(err, &damaged) {
		t.Errorf("Open = %v for a hole in what was synced", err)
	}
}
