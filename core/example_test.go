package bb_test

import (
	"context"
	"fmt"
	"log"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

func Example() {
	client, err := bb.New(bb.ConfigFromEnv()) // BB_ANALYTICS_ENABLED, BB_API_BASE_URL, BB_INTEGRATION_KEY
	if err != nil {
		log.Printf("analytics off: %v", err) // client is nil, which is safe to use
	}
	defer client.Close()

	client.For(7, 7).ChoiceMade(bb.Payload{"team_code": "bra"})
}

func ExampleConfig() {
	optedOut := map[int64]bool{13: true}
	client, err := bb.New(bb.Config{
		Enabled:        true,
		BaseURL:        "https://bb.center",
		IntegrationKey: "key-of-the-staging-bot",
		Capture:        bb.Capture{Commands: true, Blocks: true},
		BeforeSend: func(ev bb.Event) (bb.Event, bool) {
			return ev, !optedOut[ev.UserID]
		},
		OnDrop: func(ev bb.Event, reason bb.DropReason) {
			log.Printf("%s of user %d was not delivered: %s", ev.Name, ev.UserID, reason)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
}

func ExampleConfigError() {
	_, err := bb.New(bb.Config{Enabled: true, BaseURL: "bb-bot.ru", IntegrationKey: "key"})
	fmt.Println(err)
	// Output: bb: Config.BaseURL (BB_API_BASE_URL): lacks its beginning: put https:// or http:// before it, as in https://bb-bot.ru
}

func ExampleClient_Send() {
	rec := bbtest.NewRecorder(new(testing.T))
	client := rec.Client()

	client.Send(bb.Event{
		Name:       "order_paid",
		UserID:     7,
		Payload:    bb.Payload{"amount": 250, "currency": "RUB"},
		OccurredAt: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
	})

	for _, ev := range rec.Events() {
		fmt.Println(ev.Name, ev.UserID, ev.Payload)
	}
	// Output: order_paid 7 map[amount:250 currency:RUB]
}

// A library without an adapter needs its updates as JSON.
func ExampleClient_Observe() {
	rec := bbtest.NewRecorder(new(testing.T))
	client := rec.Client()

	raw := bbtest.StartJSON(7, "")
	u, err := bb.UpdateFromJSON(raw, 42, "my_bot")
	if err != nil {
		log.Print(err)
		return
	}
	tracker := client.Observe(u)
	tracker.ChoiceMade(bb.Payload{"team_code": "bra"})

	for _, ev := range rec.Events() {
		fmt.Println(ev.Name, ev.UserID, ev.Payload)
	}
	// Output:
	// user_started 7 map[handler:start source:telegram]
	// activity 7 map[chat_type:private source:telegram update_type:message]
	// choice_made 7 map[team_code:bra]
}

func ExampleFromContext() {
	rec := bbtest.NewRecorder(new(testing.T))
	ctx := bb.NewContext(context.Background(), rec.Client().For(7, 7)) // an adapter does this

	bb.FromContext(ctx).Track("order_paid", bb.Payload{"amount": 250})
	bb.FromContext(context.Background()).Track("lost", nil) // no tracker: nothing happens

	for _, ev := range rec.Events() {
		fmt.Println(ev.Name, ev.UserID, ev.Payload)
	}
	// Output: order_paid 7 map[amount:250]
}

func ExampleClient_Check() {
	client, err := bb.New(bb.Config{Enabled: true, BaseURL: "http://127.0.0.1:1", IntegrationKey: "key"})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := client.Check(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: bb: dial tcp 127.0.0.1:1: connect: connection refused: nothing listens there: check BB_API_BASE_URL; inside a container localhost is the container itself
}

func ExampleClient_Shutdown() {
	client, err := bb.New(bb.ConfigFromEnv())
	if err != nil {
		log.Printf("analytics off: %v", err)
	}
	// ... the bot runs until it has to stop ...
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := client.Shutdown(ctx); err != nil {
		log.Print(err) // says how many events are lost
	}
}

func ExampleClient_Flush() {
	var client *bb.Client // as New returned it
	handleRequest := func(ctx context.Context) {
		client.For(7, 7).ChoiceMade(bb.Payload{"team_code": "bra"})
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if err := client.Flush(ctx); err != nil { // the process may be frozen after this
			log.Printf("events wait for the next call: %v", err)
		}
	}
	handleRequest(context.Background())
}

func ExampleClient_Stats() {
	rec := bbtest.NewRecorder(new(testing.T))
	client := rec.Client()
	client.For(7, 7).Track(bb.EventActivity, nil)
	client.For(7, 7).Track(bb.EventActivity, nil)
	s := client.Stats()
	fmt.Println(s.Received, s.Delivered, s.Throttled)
	// Output: 1 1 1
}
