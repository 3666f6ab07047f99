package bb_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// OnDrop must not see the caller's map, which the caller may change.
func TestOnDropHasItsOwnPayload(t *testing.T) {
	var dropped []string
	release := make(chan struct{})
	client := newClient(t, silent{}, func(cfg *bb.Config) {
		cfg.Outbox = bb.MemoryOutbox(1)
		cfg.OnDrop = func(ev bb.Event, _ bb.DropReason) {
			<-release
			text, err := json.Marshal(ev.Payload)
			if err != nil {
				t.Error(err)
			}
			dropped = append(dropped, string(text))
		}
	})
	p := bb.Payload{"n": 0}
	for i := range 100 {
		p["n"] = i
		client.Send(bb.Event{Name: "x", Payload: p})
	}
	close(release)
	_ = client.Shutdown(ended())
	if len(dropped) != 100 {
		t.Fatalf("OnDrop was called %d times, want 100", len(dropped))
	}
	for i, text := range dropped[:99] {
		if want := fmt.Sprintf(`{"n":%d}`, i+1); text != want {
			t.Fatalf("drop %d has payload %s, want %s", i, text, want)
		}
	}
}

func TestOnDropSeesWhatBeforeSendLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dropped []bb.Event
		client := newClient(t, silent{}, func(cfg *bb.Config) {
			cfg.Outbox = bb.MemoryOutbox(1)
			cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) {
				delete(ev.Payload, "email")
				return ev, true
			}
			cfg.OnDrop = func(ev bb.Event, _ bb.DropReason) { dropped = append(dropped, ev) }
		})
		for range 2 {
			client.Send(bb.Event{Name: "x", Payload: bb.Payload{"email": "a@example.org", "n": 1}})
		}
		synctest.Wait()
		if len(dropped) != 1 || dropped[0].Payload["email"] != nil || dropped[0].Payload["n"] != 1.0 || dropped[0].IdempotencyKey == "" {
			t.Errorf("OnDrop got %+v", dropped)
		}
	})
}

func TestGoexitInOnDropStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		client := newClient(t, &fakeAPI{answer: status(500)}, func(cfg *bb.Config) {
			cfg.OnDrop = func(bb.Event, bb.DropReason) {
				calls++
				runtime.Goexit()
			}
		})
		for range 5 {
			client.Send(bb.Event{})
		}
		synctest.Wait()
		if calls != 5 {
			t.Errorf("OnDrop ran %d times of 5", calls)
		}
		sendMany(client, 5)
		if err := client.Shutdown(ended()); err == nil || calls != 10 {
			t.Errorf("Shutdown = %v, and OnDrop ran %d times for the 5 that it lost", err, calls-5)
		}
	})
}
