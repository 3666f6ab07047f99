package main

import (
	"context"

	tele "gopkg.in/telebot.v3"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbtelebot "github.com/silverbranch/bb-telegram-analytics-go/telebot"
)

func runTelebot(ctx context.Context, telegramURL, token string, client *bb.Client) error {
	bot, err := tele.NewBot(tele.Settings{
		URL:     telegramURL,
		Token:   token,
		Poller:  &tele.LongPoller{Timeout: pollTimeout},
		OnError: func(error, tele.Context) {}, // such as a call that Stop interrupts
	})
	if err != nil {
		return err
	}
	bbtelebot.Attach(bot, client)

	bot.Handle("/start", func(c tele.Context) error {
		menu := &tele.ReplyMarkup{}
		menu.Inline(menu.Row(
			menu.Data("Brazil", "team", "bra"),
			menu.Data("Argentina", "team", "arg"),
			menu.Data("France", "team", "fra"),
		))
		return c.Send("Hello! Which team are you for?", menu)
	})
	bot.Handle("/help", func(c tele.Context) error { return c.Send(help) })
	bot.Handle(&tele.InlineButton{Unique: "team"}, func(c tele.Context) error {
		team := c.Data()
		bbtelebot.FromContext(c).ChoiceMade(bb.Payload{"team_code": team, "handler": "choice"})
		if err := c.Respond(); err != nil {
			return err
		}
		return c.Edit("Your team: " + teams[team])
	})

	context.AfterFunc(ctx, bot.Stop)
	bot.Start()
	return nil
}
