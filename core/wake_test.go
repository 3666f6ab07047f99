package bb_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// hooked is an outbox that calls during when Take found nothing.
type hooked struct {
	store.Store
	during func()
}

func (h *hooked) Take(early bool, lease time.Duration) (r store.Record, found bool, wait time.Duration, err error) {
	r, found, wait, err = h.Store.Take(early, lease)
	if !found {
		h.during()
	}
	return r, found, wait, err
}

func TestEventThatComesWhileASenderGivesUpIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			api    fakeAPI
			once   sync.Once
			client *bb.Client
		)
		box := &hooked{Store: inMemory()}
		box.during = func() {
			once.Do(func() { client.Send(bb.Event{Name: "second"}) })
		}
		client = newClient(t, &api, func(cfg *bb.Config) { cfg.Outbox = store.NewHandle(box) })
		client.Send(bb.Event{Name: "first"})
		synctest.Wait()
		if n := api.delivered(); n != 2 {
			t.Errorf("%d of 2 events were delivered", n)
		}
	})
}

// slowTake is an outbox whose Take takes a while when there is nothing.
type slowTake struct{ store.Store }

func (s slowTake) Take(early bool, lease time.Duration) (r store.Record, found bool, wait time.Duration, err error) {
	r, found, wait, err = s.Store.Take(early, lease)
	if !found {
		time.Sleep(10 * time.Millisecond)
	}
	return r, found, wait, err
}

// A sender that looks while the last record is on its way must not leave it
// without anybody to try it again.
func TestFailureWhileAnotherSenderGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{answer: func(r request) (int, http.Header, error) {
			time.Sleep(5 * time.Millisecond)
			if r.n == 40 {
				return 503, nil, nil
			}
			return 200, nil, nil
		}}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.Outbox = store.NewHandle(slowTake{inMemory()})
			cfg.MaxInFlight = 2
		})
		sendMany(client, 40)
		time.Sleep(time.Hour)
		if n := api.delivered(); n != 40 {
			t.Errorf("%d of 40 delivered within an hour", n)
		}
	})
}
