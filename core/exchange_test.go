package bb_test

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// slowOnce is an outbox whose first Take takes longer than a request may.
type slowOnce struct {
	store.Store
	slow atomic.Bool
}

func (s *slowOnce) Take(early bool, lease time.Duration) (r store.Record, found bool, wait time.Duration, err error) {
	if s.slow.Swap(false) {
		time.Sleep(2 * bb.DefaultTimeout)
	}
	return s.Store.Take(early, lease)
}

// The time that the outbox takes is not the request's.
func TestDeadlineBeginsWithTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, box := &fakeAPI{}, &slowOnce{Store: inMemory()}
		box.slow.Store(true)
		client := newClient(t, api, func(cfg *bb.Config) { cfg.Outbox = store.NewHandle(box) })
		client.Send(bb.Event{Name: "x"})
		if err := client.Flush(t.Context()); err != nil || len(api.seen()) != 1 {
			t.Errorf("Flush = %v after %d requests, want 1", err, len(api.seen()))
		}
		time.Sleep(2 * bb.DefaultTimeout) // of the Take
	})
}

// keeper is a transport that writes to its requests and keeps them.
type keeper struct {
	*fakeAPI
	kept []*http.Request
	open int // of kept, when the next one came
}

func (k *keeper) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, earlier := range k.kept {
		if earlier.Context().Err() == nil {
			k.open++
		}
	}
	k.kept = append(k.kept, r)
	r.Header.Add("X-Kept", "1")
	r.URL.RawQuery += "kept"
	return k.fakeAPI.RoundTrip(r)
}

// A foreign transport may wait for the end of a request's context, and use the
// request until then.
func TestForeignTransportSharesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &keeper{fakeAPI: &fakeAPI{answer: func(request) (int, http.Header, error) {
			time.Sleep(time.Millisecond) // so that one sender makes all requests
			return 200, nil, nil
		}}}
		client := newClient(t, api, func(cfg *bb.Config) { cfg.MaxInFlight = 1 })
		sendMany(client, 3)
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if api.open > 0 {
			t.Errorf("%d contexts had not ended when the next request came", api.open)
		}
		for i, r := range api.kept {
			if slices.Contains(api.kept[:i], r) || len(r.Header["X-Kept"]) != 1 || r.URL.RawQuery != "kept" {
				t.Errorf("request %d shares with an earlier one: %v, %v", i+1, r.Header["X-Kept"], r.URL)
			}
		}
	})
}
