package bb_test

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// at returns an update of a user that says when it happened.
func at(id, user int64, date time.Time) bb.Update {
	return bb.Update{BotID: 42, BotUsername: "this_bot", ID: id, Kind: "message", UserID: user, ChatID: user, ChatType: "private", Date: date, Text: "hi"}
}

// The window lies between the times that events bear, in whatever order they come.
func TestThrottleGoesByTheDatesOfUpdates(t *testing.T) {
	for name, c := range map[string]struct{ ago, want []time.Duration }{
		"a night and now":            {[]time.Duration{20 * time.Hour, 9 * time.Hour, 2 * time.Hour, 0}, []time.Duration{20 * time.Hour, 9 * time.Hour, 2 * time.Hour, 0}},
		"a minute, half an hour ago": {[]time.Duration{1800 * time.Second, 1770 * time.Second, 1740 * time.Second}, []time.Duration{1800 * time.Second, 1740 * time.Second}},
		"late and live":              {[]time.Duration{30 * time.Second, 0}, []time.Duration{30 * time.Second}},
		"live and late":              {[]time.Duration{0, 30 * time.Second, 90 * time.Second}, []time.Duration{0, 90 * time.Second}},
		"backwards":                  {[]time.Duration{600 * time.Second, 1200 * time.Second, 610 * time.Second, 1190 * time.Second, 900 * time.Second}, []time.Duration{600 * time.Second, 1200 * time.Second, 900 * time.Second}},
		"ahead of our clock":         {[]time.Duration{-time.Hour, 0}, []time.Duration{0}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec, now := recorder(t, bb.Capture{}), time.Now()
				for i, ago := range c.ago {
					rec.Client().Observe(at(int64(i+1), 7, now.Add(-ago)))
				}
				var got []time.Duration
				for _, ev := range rec.Events(bb.EventActivity) {
					got = append(got, now.Sub(ev.OccurredAt))
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("activity %v ago, want %v", got, c.want)
				}
			})
		})
	}
}

// Of what is older than an hour one passes for each hour of the clock.
func TestOldBacklogPassesOncePerHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := recorder(t, bb.Capture{})
		midnight := time.Now().Truncate(24 * time.Hour)
		time.Sleep(20 * time.Hour)
		id := int64(0)
		for minute := range 18 * 60 {
			id++
			rec.Client().Observe(at(id, 7, midnight.Add(time.Duration(minute)*time.Minute)))
		}
		for i, ev := range rec.Want(bb.EventActivity, 18) {
			if want := midnight.Add(time.Duration(i) * time.Hour); !ev.OccurredAt.Equal(want) {
				t.Errorf("activity %d at %v, want %v", i, ev.OccurredAt, want)
			}
		}
	})
}

// The bots of one client do not take each other's windows.
func TestThrottleOfTwoBots(t *testing.T) {
	rec := recorder(t, bb.Capture{})
	for id := range int64(3) {
		for _, bot := range []int64{42, 43} {
			u := at(id+1, 7, time.Time{})
			u.BotID = bot
			rec.Client().Observe(u).Track(bb.EventActivity, nil)
		}
	}
	rec.Want(bb.EventActivity, 2)
}

// An activity that found no room takes no hour from the one that comes again.
func TestLateActivityWithoutRoomGivesItsSlotBack(t *testing.T) {
	refuse := true
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) {
		cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) { return ev, !refuse }
	})
	long := time.Now().Add(-10 * time.Hour)
	rec.Client().Observe(at(1, 7, long))
	refuse = false
	rec.Client().Observe(at(2, 7, long.Add(time.Second)))
	rec.Client().Observe(at(3, 7, long.Add(2*time.Second)))
	rec.Want(bb.EventActivity, 1)
}

// personHour is an hour in which a person did something.
type personHour struct {
	user int64
	hour time.Time
}

// slowAPI takes 50 ms for each event.
type slowAPI struct {
	mu     sync.Mutex
	active map[personHour]int
	starts int
}

func (a *slowAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	var ev struct {
		Name string    `json:"event_name"`
		User int64     `json:"tg_user_id"`
		At   time.Time `json:"occurred_at"`
	}
	if err := json.NewDecoder(r.Body).Decode(&ev); err != nil {
		return nil, err
	}
	time.Sleep(50 * time.Millisecond)
	a.mu.Lock()
	defer a.mu.Unlock()
	if ev.Name == bb.EventUserStarted {
		a.starts++
	} else {
		a.active[personHour{ev.User, ev.At.Truncate(time.Hour)}]++
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("{}")), Header: http.Header{}, Request: r}, nil
}

// 50,000 updates of 5,000 people over 20 hours come at once: each person is active
// in each of their hours, and nothing sheds a start.
func TestBacklogOfANight(t *testing.T) {
	const people, each, night = 5000, 10, 20 * time.Hour
	for name, c := range map[string]struct {
		outbox int
		spread time.Duration // of one person
		long   bool
	}{
		"people who came once":      {bb.DefaultMemoryEvents, 10 * time.Minute, false},
		"people who came all night": {60_000, night, true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.long && testing.Short() {
				t.Skip("40,000 requests")
			}
			synctest.Test(t, func(t *testing.T) {
				api := &slowAPI{active: make(map[personHour]int)}
				client := newClient(t, api, func(cfg *bb.Config) { cfg.Outbox = bb.MemoryOutbox(c.outbox) })
				random, end := rand.New(rand.NewPCG(1, 2)), time.Now().Add(-90*time.Minute)
				var updates []bb.Update
				starts, want := 0, make(map[personHour]bool)
				for user := int64(1); user <= people; user++ {
					first := end.Add(-c.spread - time.Duration(random.Int64N(int64(night-c.spread)+1)))
					for range each {
						date := first.Add(time.Duration(random.Int64N(int64(c.spread)))).Truncate(time.Second)
						want[personHour{user, date.Truncate(time.Hour).UTC()}] = true
						updates = append(updates, at(0, user, date))
					}
					if user%5 == 0 {
						updates[len(updates)-1].Text = "/start"
						starts++
					}
				}
				slices.SortStableFunc(updates, func(a, b bb.Update) int { return a.Date.Compare(b.Date) })
				for i, u := range updates {
					u.ID = int64(i + 1)
					client.Observe(u)
				}
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if s := client.Stats(); s.Dropped != 0 || s.Pending != 0 {
					t.Errorf("stats %+v", s)
				}
				if api.starts != starts {
					t.Errorf("%d user_started arrived, want %d", api.starts, starts)
				}
				for ph := range want {
					if n := api.active[personHour{ph.user, ph.hour}]; n != 1 {
						t.Fatalf("user %d has %d activities at %v, want 1", ph.user, n, ph.hour)
					}
				}
				if len(api.active) != len(want) {
					t.Errorf("activity in %d hours of people, want %d", len(api.active), len(want))
				}
			})
		})
	}
}
