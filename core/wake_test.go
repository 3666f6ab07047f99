package bb_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/memory"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// hooked is an outbox that calls during when Take found nothing.
type hooked struct {
	outbox.Outbox
	during func()
}

func (h *hooked) Take(asOf time.Time, max int, lease time.Duration) ([]outbox.Record, time.Time, error) {
	records, next, err := h.Outbox.Take(asOf, max, lease)
	if len(records) == 0 {
		h.during()
	}
	return records, next, err
}

func TestEventThatComesWhileASenderGivesUpIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			api    fakeAPI
			once   sync.Once
			client *bb.Client
		)
		box := &hooked{Outbox: memory.New(outbox.Bounds{Events: 10, Bytes: 1 << 20})}
		box.during = func() {
			once.Do(func() { client.Send(bb.Event{Name: "second"}) })
		}
		client = newClient(t, &api, func(cfg *bb.Config) { cfg.Outbox = box })
		client.Send(bb.Event{Name: "first"})
		synctest.Wait()
		if n := api.delivered(); n != 2 {
			t.Errorf("%d of 2 events were delivered", n)
		}
	})
}

// slowTake is an outbox whose Take takes a while when there is nothing.
type slowTake struct{ outbox.Outbox }

func (s slowTake) Take(asOf time.Time, max int, lease time.Duration) ([]outbox.Record, time.Time, error) {
	records, next, err := s.Outbox.Take(asOf, max, lease)
	if len(records) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	return records, next, err
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
			cfg.Outbox = slowTake{memory.New(outbox.Bounds{Events: 100, Bytes: 1 << 20})}
			cfg.MaxInFlight = 2
		})
		sendMany(client, 40)
		time.Sleep(time.Hour)
		if n := api.delivered(); n != 40 {
			t.Errorf("%d of 40 delivered within an hour", n)
		}
	})
}
