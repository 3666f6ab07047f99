package bb_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// hungThrottle does not answer.
type hungThrottle struct{}

func (hungThrottle) Claim(ctx context.Context, _ throttle.Activity, _ time.Duration) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

func TestShutdownDoesNotBlameTheThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &logLines{}
		client := newClient(t, &fakeAPI{}, memberOf(newHub()), func(cfg *bb.Config) {
			cfg.Throttle, cfg.Logger = throttle.NewHandle(hungThrottle{}), log.logger(slog.LevelWarn)
		})
		client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
		time.Sleep(100 * time.Millisecond)
		if err := client.Shutdown(ended()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		if s := client.Stats(); s.ThrottleErrors != 0 || len(log.lines()) != 0 {
			t.Errorf("%+v, log %q; want the activity given back", s, log.lines())
		}
	})
}

// lender shows how long its leases are, and how long the first was needed.
type lender struct {
	store.Store
	taken         time.Time
	lease, needed atomic.Int64
}

func (l *lender) Take(early bool, lease time.Duration) (r store.Record, found bool, wait time.Duration, err error) {
	r, found, wait, err = l.Store.Take(early, lease)
	if found && l.lease.Swap(int64(lease)) == 0 {
		l.taken = time.Now()
	}
	return r, found, wait, err
}

func (l *lender) Settle(out store.Outcome) error {
	l.needed.CompareAndSwap(0, int64(time.Since(l.taken)))
	return l.Store.Settle(out)
}

func TestLeaseOutlastsClaimAndRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &lender{Store: inMemory()}
		api := &fakeAPI{answer: hangs}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.Outbox, cfg.Throttle, cfg.Timeout = store.NewHandle(box), throttle.NewHandle(hungThrottle{}), 100*time.Millisecond
		})
		client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
		time.Sleep(10 * time.Second)
		lease, needed := time.Duration(box.lease.Load()), time.Duration(box.needed.Load())
		if needed == 0 || lease < 2*needed {
			t.Errorf("a lease of %v for what took %v", lease, needed)
		}
	})
}
