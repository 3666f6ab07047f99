package bb_test

import (
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// asking is a command for a bot whose name is being asked for.
func asking(id int64) bb.Update {
	u := message("/start@my_bot")
	u.ID, u.BotUsername, u.NameAsked = id, "", true
	return u
}

// While Shutdown delivers, the name may still come.
func TestNameThatComesDuringShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: until(time.Now().Add(2*time.Second), 503)}
		client := newClient(t, api)
		client.Observe(asking(1))
		time.AfterFunc(time.Second, func() { client.Named(42, "my_bot") })
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if s := client.Stats(); s.Delivered != 2 || s.Received != 2 {
			t.Errorf("stats %+v, want the start and its activity delivered", s)
		}
	})
}

// After Shutdown nothing waits for a name.
func TestCommandAfterShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, &fakeAPI{})
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		client.Observe(asking(1))
		if s := client.Stats(); s.Pending != 0 || s.Received != s.Dropped {
			t.Errorf("stats %+v, want nothing pending", s)
		}
	})
}

// A command for another bot counts for nothing, though it came before the name.
func TestCommandForSomebodyWaitsForTheName(t *testing.T) {
	for name, starts := range map[string]uint64{"my_bot": 1, "other_bot": 0} {
		synctest.Test(t, func(t *testing.T) {
			client := newClient(t, &fakeAPI{})
			client.Observe(asking(1))
			client.Named(42, name)
			time.Sleep(time.Minute)
			if s := client.Stats(); s.Delivered != 1+starts { // its activity counts anyway
				t.Errorf("the bot is %s: %d delivered, want %d", name, s.Delivered, 1+starts)
			}
		})
	}
}
