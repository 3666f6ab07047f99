package bbgotelegram_test

import (
	"context"
	"fmt"
	"log"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
)

func ExampleMiddleware() {
	client := printingClient() // in a bot: bb.New(bb.ConfigFromEnv())

	b, err := bot.New("42:token",
		bot.WithMiddlewares(bbgotelegram.Middleware(client)), // as the first one
		bot.WithDefaultHandler(func(ctx context.Context, b *bot.Bot, u *models.Update) {
			bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": "bra"})
		}),
		bot.WithSkipGetMe(), bot.WithNotAsyncHandlers(), // only for this example
	)
	if err != nil {
		log.Fatal(err)
	}
	b.ProcessUpdate(context.Background(), exampleUpdate("/start")) // in a bot: b.Start(ctx)
	// Output:
	// user_started user=7 map[handler:start source:telegram]
	// activity user=7 map[chat_type:group source:telegram update_type:message]
	// choice_made user=7 map[team_code:bra]
}

func ExampleWrap() {
	client := printingClient()

	handler := bbgotelegram.Wrap(client, func(ctx context.Context, b *bot.Bot, u *models.Update) {
		bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": "bra"})
	})
	handler(context.Background(), nil, exampleUpdate("/start")) // in a bot: b.RegisterHandler(…, handler)
	// Output:
	// user_started user=7 map[handler:start source:telegram]
	// activity user=7 map[chat_type:group source:telegram update_type:message]
	// choice_made user=7 map[team_code:bra]
}

func ExampleWithUsername() {
	client := printingClient()

	handler := bbgotelegram.Wrap(client, func(ctx context.Context, b *bot.Bot, u *models.Update) {},
		bbgotelegram.WithUsername("my_bot"))
	handler(context.Background(), nil, exampleUpdate("/start@other_bot"))
	// Output:
	// activity user=7 map[chat_type:group source:telegram update_type:message]
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

func exampleUpdate(text string) *models.Update {
	return &models.Update{ID: 1, Message: &models.Message{
		From: &models.User{ID: 7}, Chat: models.Chat{ID: -5, Type: models.ChatTypeGroup}, Text: text,
	}}
}
