package bb_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// unsettled is a member whose outcomes do not reach the hub.
type unsettled struct{ *member }

func (u unsettled) Settle(out outbox.Outcome) error {
	if out.ID.Hi == 1 {
		return errAway
	}
	return u.member.Settle(out)
}

func TestUnsettledEventsOfTheSharedOutboxGoBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Outbox = unsettled{newHub().join()} })
		sendMany(client, 20)
		time.Sleep(time.Minute)
		checkLedger(t, client)
		if s := client.Stats(); s.Recovered != 20 || s.HandedOver != 40 || s.Pending != 0 {
			t.Errorf("%+v, want 20 taken and given back", s)
		}
	})
}

// hungThrottle does not answer.
type hungThrottle struct{}

func (hungThrottle) Claim(ctx context.Context, _ throttle.Slot, _ time.Time, _ time.Duration, _ string) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

func TestShutdownDoesNotBlameTheThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &logLines{}
		client := newClient(t, &fakeAPI{}, memberOf(newHub()), func(cfg *bb.Config) {
			cfg.Throttle, cfg.Logger = hungThrottle{}, log.logger(slog.LevelWarn)
		})
		client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
		time.Sleep(100 * time.Millisecond)
		if err := client.Shutdown(ended()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		if s := client.Stats(); s.Unthrottled != 0 || len(log.lines()) != 0 {
			t.Errorf("%+v, log %q; want the activity given back", s, log.lines())
		}
	})
}

// lender shows how long its leases are, and how long the first was needed.
type lender struct {
	outbox.Outbox
	taken         time.Time
	lease, needed atomic.Int64
}

func (l *lender) Take(asOf time.Time, max int, lease time.Duration) ([]outbox.Record, time.Time, error) {
	records, next, err := l.Outbox.Take(asOf, max, lease)
	if len(records) > 0 && l.lease.Swap(int64(lease)) == 0 {
		l.taken = time.Now()
	}
	return records, next, err
}

func (l *lender) Settle(out outbox.Outcome) error {
	l.needed.CompareAndSwap(0, int64(time.Since(l.taken)))
	return l.Outbox.Settle(out)
}

func TestLeaseOutlastsClaimAndRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &lender{Outbox: bb.MemoryOutbox(10)}
		api := &fakeAPI{answer: hangs}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.Outbox, cfg.Throttle, cfg.Timeout = box, hungThrottle{}, 100*time.Millisecond
		})
		client.Send(bb.Event{Name: bb.EventActivity, UserID: 7})
		time.Sleep(10 * time.Second)
		lease, needed := time.Duration(box.lease.Load()), time.Duration(box.needed.Load())
		if needed == 0 || lease < 2*needed {
			t.Errorf("a lease of %v for what took %v", lease, needed)
		}
	})
}
