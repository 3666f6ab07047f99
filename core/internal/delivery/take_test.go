package delivery

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// Events that are looked past, because the API asked not to send them yet, are
// due when that is over, though the store does not count what is leased.
func TestWaitForWhatIsHeld(t *testing.T) {
	for _, n := range []int{1, mostHeld} {
		synctest.Test(t, func(t *testing.T) {
			box := store.NewMemory(store.InMemory)
			e := New(Config{
				Endpoint: endpoint.Config{Address: "http://localhost", InFlight: 1}, Store: box,
				Log: callbacks.NewLog(slog.New(slog.DiscardHandler), nil), Observer: quiet{}, MaxAge: time.Hour,
			})
			defer e.cancel()
			for range n {
				id, _ := box.Put(store.Record{})
				_, _, _ = box.Take(1, false, time.Minute)
				_ = box.Settle(store.Outcome{ID: id, RetryIn: time.Minute})
				e.pacer.hold(id, time.Minute, time.Now())
			}
			if _, wait, found := e.take(permit{urgent: true}); found || wait != time.Minute {
				t.Errorf("%d events: take = %v, %v; want to wait for a minute", n, wait, found)
			}
		})
	}
}

type quiet struct{}

func (quiet) Delivered()                              {}
func (quiet) Retried()                                {}
func (quiet) Refused(store.Record, *endpoint.Problem) {}
func (quiet) Expired(store.Record)                    {}
func (quiet) Unreadable(store.Record)                 {}
func (quiet) Throttled(store.Record)                  {}
