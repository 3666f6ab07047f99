package bb_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// refuser is a throttle that takes its time and lets nothing through.
type refuser struct{}

func (refuser) Claim(context.Context, throttle.Activity, time.Duration) (bool, error) {
	time.Sleep(100 * time.Millisecond)
	return false, nil
}

// A backlog that ends without a request is left to the others as well.
func TestShutdownDoesNotWorkOffWhatIsThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const events = 50
		h := newHub()
		client := newClient(t, &fakeAPI{}, memberOf(h), func(cfg *bb.Config) { cfg.Throttle = throttle.NewHandle(refuser{}) })
		for user := range int64(events) {
			client.Send(bb.Event{Name: bb.EventActivity, UserID: user + 1})
		}
		if err := client.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		if n := h.holds(); n < events-5 {
			t.Errorf("%d of %d left to others", n, events)
		}
		checkLedger(t, client)
	})
}

// deaf is a transport that does not listen to its context.
type deaf chan struct{}

func (d deaf) RoundTrip(*http.Request) (*http.Response, error) {
	<-d
	return nil, errAway
}

func TestShutdownWithoutDeadlineLeavesARequestThatNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, hung := newHub(), make(deaf)
		defer close(hung)
		client := newClient(t, hung, memberOf(h))
		client.Send(bb.Event{Name: "x"})
		synctest.Wait()
		if err := client.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		if h.holds() != 1 {
			t.Errorf("%d of 1 left to others", h.holds())
		}
	})
}

// interrupted is a member whose Sync of outcomes lasts until it is stopped.
type interrupted struct{ *member }

func (i interrupted) Sync(ctx context.Context) ([]store.ID, error) {
	if ids, err := i.member.Sync(ctx); len(ids) > 0 || err != nil {
		return ids, err
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestShutdownDoesNotBlameTheOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log, api := newHub(), &logLines{}, &fakeAPI{}
		client := newClient(t, api, func(cfg *bb.Config) {
			cfg.Outbox, cfg.Logger = store.NewHandle(interrupted{h.join()}), log.logger(slog.LevelWarn)
		})
		client.Send(bb.Event{Name: "x"})
		time.Sleep(time.Second)
		if err := client.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		synctest.Wait()
		if api.delivered() != 1 || len(log.lines()) != 0 {
			t.Errorf("%d delivered, log %q; want silence", api.delivered(), log.lines())
		}
	})
}
