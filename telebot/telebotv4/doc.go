// Code generated from telebot/doc.go; DO NOT EDIT.

// Package bbtelebot connects a bot built on gopkg.in/telebot.v4 to BB
// Analytics.
//
//	bot, err := tele.NewBot(settings)
//	…
//	bbtelebot.Attach(bot, client)
//	bot.Handle("/start", func(c tele.Context) error {
//		bbtelebot.FromContext(c).ChoiceMade(bb.Payload{"team_code": "bra"})
//		return c.Send("Hi!")
//	})
//	bot.Start()
//
// # What is seen
//
// telebot runs middleware around handlers, so [Middleware] sees an update only
// if some handler takes it: no unknown command, no sticker that nobody asked
// for, no user who blocked the bot. [Attach] looks at the poller instead, which
// every update passes, and adds the middleware. An update that both see counts
// once. Updates that the bot's own code gives to bot.ProcessUpdate pass no
// poller: of those only the handled ones are seen.
//
// # Filters
//
// Attach goes inside a *tele.MiddlewarePoller, whether it is there already or
// comes later around bot.Poller: updates that the filter drops are seen too. A
// poller that replaces bot.Poller altogether replaces what Attach put there;
// handled updates are then still seen by the middleware.
package bbtelebot
