package bbtgbotapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtgbotapi "github.com/silverbranch/bb-telegram-analytics-go/tgbotapi"
)

func ExampleRange() {
	client := printingClient()            // in a bot: bb.New(bb.ConfigFromEnv())
	updates := channelOf(exampleUpdate()) // in a bot: api.GetUpdatesChan(u)
	ctx := context.Background()           // in a bot: signal.NotifyContext(…)

	for ctx, update := range bbtgbotapi.Range(ctx, client, api, updates) {
		if update.Message != nil && update.Message.Text == "/start" {
			bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": "bra"})
		}
	}
	// Output:
	// user_started user=7 map[handler:start source:telegram]
	// activity user=7 map[chat_type:private source:telegram update_type:message]
	// choice_made user=7 map[team_code:bra]
}

func ExampleTap() {
	client := printingClient()
	ctx := context.Background()

	updates := bbtgbotapi.Tap(client, api, channelOf(exampleUpdate()))
	for {
		select {
		case update, ok := <-updates:
			if !ok {
				return
			}
			ctx := bbtgbotapi.Observe(ctx, client, api, &update) // for the tracker; the update counts once
			bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": "bra"})
		case <-ctx.Done():
			return
		}
	}
	// Output:
	// user_started user=7 map[handler:start source:telegram]
	// activity user=7 map[chat_type:private source:telegram update_type:message]
	// choice_made user=7 map[team_code:bra]
}

func ExampleWrap() {
	client := printingClient()

	handle := bbtgbotapi.Wrap(client, api, func(ctx context.Context, update tgbotapi.Update) {
		bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": "bra"})
	})
	for update := range channelOf(exampleUpdate()) {
		handle(context.Background(), update)
	}
	// Output:
	// user_started user=7 map[handler:start source:telegram]
	// activity user=7 map[chat_type:private source:telegram update_type:message]
	// choice_made user=7 map[team_code:bra]
}

func ExampleObserve() {
	client := printingClient()

	webhook := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		update, err := api.HandleUpdate(r)
		if err != nil {
			http.Error(w, "bad update", http.StatusBadRequest)
			return
		}
		ctx := bbtgbotapi.Observe(r.Context(), client, api, update)
		bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": "bra"})
	})
	body := `{"update_id":1,"message":{"from":{"id":7},"chat":{"id":7,"type":"private"},"text":"/start"}}`
	webhook.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
	// Output:
	// user_started user=7 map[handler:start source:telegram]
	// activity user=7 map[chat_type:private source:telegram update_type:message]
	// choice_made user=7 map[team_code:bra]
}

// printingClient returns a client that prints its events instead of sending
// them.
func printingClient() *bb.Client {
	client, err := bb.New(bb.Config{
		Enabled: true, IntegrationKey: "key",
		BeforeSend: func(ev bb.Event) (bb.Event, bool) {
			fmt.Printf("%s user=%d %v\n", ev.Name, ev.UserID, ev.Payload)
			return ev, false
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func exampleUpdate() tgbotapi.Update {
	var u tgbotapi.Update
	if err := json.Unmarshal(bbtest.StartJSON(7, ""), &u); err != nil {
		log.Fatal(err)
	}
	return u
}
