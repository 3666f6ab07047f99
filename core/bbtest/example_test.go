package bbtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// The handler of a bot is given a client whose events are recorded.
func ExampleNewRecorder() {
	_ = func(t *testing.T) { // TestStart
		rec := bbtest.NewRecorder(t)

		update, err := bb.UpdateFromJSON(bbtest.StartJSON(7, "ref_3"), 42, "test_bot")
		if err != nil {
			t.Fatal(err)
		}
		rec.Client().Observe(update)

		rec.Want(bb.EventUserStarted, 1)
		rec.Want(bb.EventActivity, 1)
	}
}

// A program that reads its environment is pointed to a strict stand-in for the
// API, which fails at first.
func ExampleNewServer() {
	_ = func(t *testing.T) { // TestOutage
		srv := bbtest.NewServer(t)
		srv.Setenv()
		srv.Answer(bbtest.Answer{Status: 503}, bbtest.Answer{Cut: true})

		client, err := bb.New(bb.ConfigFromEnv())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		client.For(7, 7).Track("order_paid", bb.Payload{"amount": 250})

		paid := srv.Wait("order_paid", 1)[0]
		if paid.Payload["amount"] != 250.0 {
			t.Errorf("order_paid = %+v", paid)
		}
	}
}

// A bot polls a Telegram that needs no network, and answers. RunBot is what main
// calls too.
func ExampleNewTelegram() {
	runBot := func(ctx context.Context, telegramURL, token string, client *bb.Client) {}
	_ = func(t *testing.T) { // TestHello
		telegram, api := bbtest.NewTelegram(t), bbtest.NewServer(t)
		go runBot(t.Context(), telegram.URL, telegram.Token, api.Client())

		telegram.Push(bbtest.StartJSON(7, ""))
		if sent := telegram.Wait("sendMessage", 1)[0]; sent.Params["text"] != "Hello!" {
			t.Errorf("the bot sent %v", sent.Params)
		}
		api.Wait(bb.EventUserStarted, 1)

		telegram.Fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
		telegram.Push(bbtest.StartJSON(8, ""))
		api.Wait("hello_failed", 1)
	}
}

// A program of its own serves the API, which takes each event once.
func ExampleNewAPI() {
	api := bbtest.NewAPI("my-key")
	api.OnRequest = func(r bbtest.Request) { fmt.Println(r.Event.Name, r.Status) }
	api.Answer(bbtest.Answer{Cut: true}) // the first request: taken, and its answer is lost
	srv := httptest.NewServer(api)
	defer srv.Close()

	client, err := bb.New(bb.Config{
		Enabled: true, BaseURL: srv.URL, IntegrationKey: "my-key", Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	client.For(7, 7).Track("order_paid", nil)
	if err := client.Close(); err != nil {
		panic(err)
	}
	fmt.Println(len(api.Requests()), "requests,", len(api.Events()), "event")
	// Output:
	// order_paid 0
	// order_paid 200
	// 2 requests, 1 event
}

// An API that is down for some events only.
func ExampleAPI_Decide() {
	api := bbtest.NewAPI("my-key")
	api.Decide(func(r bbtest.Request) bbtest.Answer {
		if r.Event.Name == "order_paid" {
			return bbtest.Answer{Status: 422}
		}
		return bbtest.Answer{}
	})
	client, err := bb.New(bb.Config{
		Enabled: true, IntegrationKey: "my-key", Transport: api, Logger: slog.New(slog.DiscardHandler),
		OnDrop: func(ev bb.Event, reason bb.DropReason) { fmt.Println(ev.Name, reason) },
	})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	client.Send(bb.Event{Name: "order_paid"})
	client.Send(bb.Event{Name: "order_shipped"})
	if err := client.Flush(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(api.Events()[0].Name, "delivered")
	// Unordered output:
	// order_paid refused
	// order_shipped delivered
}

// A Telegram for several bots, which a program of its own serves.
func ExampleNewBotAPI() {
	telegram := bbtest.NewBotAPI()
	srv := httptest.NewServer(telegram)
	defer srv.Close()
	bot := telegram.Bot("42:secret")
	bot.OnCall = func(c bbtest.Call) { fmt.Println(c.Method, c.Params["text"]) }
	if err := bot.Push([]byte(`{"update_id":1,"message":{"text":"hi"}}`)); err != nil {
		panic(err)
	}

	for _, method := range []string{"getUpdates", "sendMessage?chat_id=7&text=Hello!"} { // of a bot
		response, err := http.Get(srv.URL + "/bot42:secret/" + method)
		if err != nil {
			panic(err)
		}
		var answer struct{ OK bool }
		err = json.NewDecoder(response.Body).Decode(&answer)
		_ = response.Body.Close()
		fmt.Println(answer.OK, err)
	}
	// Output:
	// true <nil>
	// sendMessage Hello!
	// true <nil>
}

// A kind of update that has no function of its own.
func ExampleUpdateJSON() {
	raw := bbtest.UpdateJSON("poll_answer", map[string]any{
		"poll_id": "1", "user": map[string]any{"id": 7}, "option_ids": []int{0},
	})
	update, err := bb.UpdateFromJSON(raw, 42, "test_bot")
	fmt.Println(update.Kind, update.UserID, err)
	// Output: poll_answer 7 <nil>
}
