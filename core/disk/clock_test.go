package bbdisk

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/clock"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// Events age by what processes saw pass. What the wall clock says of the time
// between two of them counts from 0 to maxGap; any other change of it does not.
func TestAgeDoesNotTrustTheWallClock(t *testing.T) {
	const day = 24 * time.Hour
	cases := map[string]struct {
		jump time.Duration // of the wall clock, between two processes
		want time.Duration // age that it adds
	}{
		"right":             {0, 0},
		"off for a week":    {7 * day, 7 * day},
		"off for the limit": {maxGap, maxGap},
		"days ahead":        {maxGap + time.Hour, 0},
		"from 1970 to now":  {56 * 365 * day, 0},
		"back to 1970":      {-30 * 365 * day, 0},
		"an hour back":      {-time.Hour, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir, wall := t.TempDir(), &clock.Clock{}
				withClock := func(o *options) { o.Clock = wall }
				o := mustOpen(t, dir, withClock)
				if _, err := o.Put(store.Record{Body: []byte("x"), Age: time.Minute}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * day)
				wall.Jump(100 * day) // within a process it does not matter
				mustTake(t, o, 1)
				mustSettle(t, o, store.Outcome{ID: store.ID{Lo: 1}, RetryIn: time.Minute, Attempts: 1})
				mustSync(t, o)
				wall.Jump(-100 * day)
				crash(o)
				wall.Jump(c.jump)

				o = mustOpen(t, dir, withClock)
				time.Sleep(day)
				mustTake(t, o, 1)
				mustSettle(t, o, store.Outcome{ID: store.ID{Lo: 1}, RetryIn: time.Minute, Attempts: 2})
				mustSync(t, o)
				crash(o)
				wall.Jump(-1000 * day) // what is known already is not taken back

				o = mustOpen(t, dir, withClock)
				time.Sleep(time.Minute)
				got := mustTake(t, o, 9)
				if want := 6*day + 2*time.Minute + c.want; len(got) != 1 || got[0].Age != want || got[0].Attempts != 2 {
					t.Errorf("took %+v, want one record of age %v", got, want)
				}
			})
		})
	}
}

// Delays too: none is longer than any that was ever given, whatever the clock.
func TestDelaysDoNotTrustTheWallClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, wall := t.TempDir(), &clock.Clock{}
		withClock := func(o *options) { o.Clock = wall }
		o := mustOpen(t, dir, withClock)
		mustPut(t, o, "a")
		mustPut(t, o, "b")
		for i, r := range mustTake(t, o, 2) {
			delay := []time.Duration{5 * time.Minute, 240 * time.Hour}[i]
			mustSettle(t, o, store.Outcome{ID: r.ID, RetryIn: delay, Attempts: 1})
		}
		mustSync(t, o)
		crash(o)
		wall.Jump(-1000 * time.Hour)
		o = mustOpen(t, dir, withClock)
		for _, want := range []time.Duration{5 * time.Minute, maxDelay - 5*time.Minute} {
			if _, _, wait, err := o.Take(false, time.Minute); err != nil || wait != want {
				t.Errorf("next due in %v, %v; want %v", wait, err, want)
			}
			time.Sleep(want)
			mustTake(t, o, 1)
		}
	})
}
