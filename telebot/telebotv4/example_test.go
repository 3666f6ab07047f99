// Code generated from telebot/example_test.go; DO NOT EDIT.

package bbtelebot_test

import (
	"fmt"
	"log"

	tele "gopkg.in/telebot.v4"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbtelebot "github.com/silverbranch/bb-telegram-analytics-go/telebot/telebotv4"
)

func ExampleAttach() {
	client := printingClient() // in a bot: bb.New(bb.ConfigFromEnv())
	bot := exampleBot()        // in a bot: tele.NewBot(settings)

	bbtelebot.Attach(bot, client)

	bot.Handle("/start", func(c tele.Context) error {
		bbtelebot.FromContext(c).ChoiceMade(bb.Payload{"team_code": "bra"})
		return nil
	})
	bot.ProcessUpdate(exampleUpdate("/start")) // in a bot: bot.Start()
	// Output:
	// user_started user=7 map[handler:start source:telegram]
	// activity user=7 map[chat_type:private source:telegram update_type:message]
	// choice_made user=7 map[team_code:bra]
}

func ExampleMiddleware() {
	client := printingClient()
	bot := exampleBot()

	bot.Use(bbtelebot.Middleware(client)) // before the first Handle

	bot.Handle("/start", func(c tele.Context) error { return nil })
	bot.ProcessUpdate(exampleUpdate("/start"))
	bot.ProcessUpdate(exampleUpdate("/help")) // has no handler: only Attach would see it
	// Output:
	// user_started user=7 map[handler:start source:telegram]
	// activity user=7 map[chat_type:private source:telegram update_type:message]
}

func ExampleMiddleware_group() {
	client := printingClient()
	bot := exampleBot()

	shop := bot.Group()
	shop.Use(bbtelebot.Middleware(client))
	shop.Handle("/buy", func(c tele.Context) error {
		bbtelebot.FromContext(c).Track("order_placed", bb.Payload{"item": "scarf"})
		return nil
	})
	bot.ProcessUpdate(exampleUpdate("/buy"))
	// Output:
	// activity user=7 map[chat_type:private source:telegram update_type:message]
	// order_placed user=7 map[item:scarf]
}

// FromContext works without any middleware too, once the client is attached.
func ExampleFromContext() {
	client := printingClient()
	bot := exampleBot()
	bot.Handle("/start", func(c tele.Context) error {
		bbtelebot.FromContext(c).For(8, 0).Track("friend_invited", nil)
		return nil
	})
	bbtelebot.Attach(bot, client)
	bot.ProcessUpdate(exampleUpdate("/start"))
	// Output:
	// user_started user=7 map[handler:start source:telegram]
	// activity user=7 map[chat_type:private source:telegram update_type:message]
	// friend_invited user=8 map[]
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

func exampleBot() *tele.Bot {
	bot, err := tele.NewBot(tele.Settings{Offline: true, Synchronous: true})
	if err != nil {
		log.Fatal(err)
	}
	return bot
}

func exampleUpdate(text string) tele.Update {
	return tele.Update{ID: 1, Message: &tele.Message{
		Sender: &tele.User{ID: 7}, Chat: &tele.Chat{ID: 7, Type: tele.ChatPrivate}, Text: text,
	}}
}
