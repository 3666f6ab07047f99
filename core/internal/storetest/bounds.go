package storetest

import (
	"errors"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

func shedsFirst(t *testing.T, open Open) {
	s := open(t, store.Bounds{Events: 10, Bytes: 1 << 20})
	sheddable := record("activity")
	sheddable.Sheddable = true
	for range 8 {
		put(t, s, sheddable)
	}
	if _, err := s.Put(sheddable); !errors.Is(err, store.ErrFull) {
		t.Errorf("Put of a sheddable record at 80 %% = %v, want ErrFull", err)
	}
	put(t, s, record("a"))
	put(t, s, record("b"))
	if _, err := s.Put(record("c")); !errors.Is(err, store.ErrFull) {
		t.Errorf("Put at the bound = %v, want ErrFull", err)
	}
}

func boundsBytes(t *testing.T, open Open) {
	s := open(t, store.Bounds{Events: 1000, Bytes: 100})
	put(t, s, store.Record{Body: make([]byte, 60)})
	if _, err := s.Put(store.Record{Body: make([]byte, 41)}); !errors.Is(err, store.ErrFull) {
		t.Errorf("Put of the 101st byte = %v, want ErrFull", err)
	}
	put(t, s, store.Record{Body: make([]byte, 40)})
}

func givesRoomBack(t *testing.T, open Open) {
	s := open(t, store.Bounds{Events: 2, Bytes: 2})
	for range 500 {
		put(t, s, record("x"))
		put(t, s, record("y"))
		for _, r := range Take(t, s, 2) {
			Settle(t, s, store.Outcome{ID: r.ID, Remove: true})
		}
	}
	checkFlow(t, s, 1000, 1000)
}
