package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

func takesEarly(t *testing.T, open Open) {
	s := open(t, roomy)
	putMany(t, s, 3)
	for i, r := range Take(t, s, 2) {
		Settle(t, s, store.Outcome{ID: r.ID, RetryIn: time.Duration(2-i) * time.Minute, Attempts: 1})
	}
	got := bodies(TakeAll(t, s))
	if want := []string{"0002", "0001", "0000"}; !slices.Equal(got, want) {
		t.Errorf("took %v, want what is due and then what is due next: %v", got, want)
	}
}

func holdsBack(t *testing.T, open Open) {
	s := open(t, roomy)
	putMany(t, s, 2)
	const hold = 50 * time.Millisecond
	r := Take(t, s, 2)
	free := time.Now().Add(hold)
	Settle(t, s, store.Outcome{ID: r[0].ID, RetryIn: hold, Hold: hold, Attempts: 1}, store.Outcome{ID: r[1].ID, RetryIn: time.Minute})
	if got := bodies(TakeEarly(t, s)); !slices.Equal(got, []string{"0001"}) {
		t.Errorf("took %v, want what no outcome holds", got)
	}
	for len(TakeEarly(t, s)) == 0 {
		if time.Since(free) > 30*time.Second {
			t.Fatal("the record is held for good")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if early := time.Until(free); early > 5*time.Millisecond { // stores may count in milliseconds
		t.Errorf("the record was given out %v before it was free", early)
	}
}
