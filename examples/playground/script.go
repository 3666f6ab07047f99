package main

import (
	"context"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

var (
	ann    = page.Person{ID: 101, Name: "Ann"}
	boris  = page.Person{ID: 102, Name: "Boris"}
	carla  = page.Person{ID: 103, Name: "Carla"}
	dmitri = page.Person{ID: 104, Name: "Dmitri"}
	eve    = page.Person{ID: 105, Name: "Eve"}
	fay    = page.Person{ID: 106, Name: "Fay"}
	gus    = page.Person{ID: 107, Name: "Gus"}
	hal    = page.Person{ID: 108, Name: "Hal"}
	ivy    = page.Person{ID: 109, Name: "Ivy"}
	jon    = page.Person{ID: 110, Name: "Jon"}

	fans = page.Group{ID: -200, Title: "Football fans"}
)

// step is one thing that happens to each of the bots, and the events that must
// come of it: no fewer, no more.
type step struct {
	title   string
	happens func(context.Context, *playground) error
	counted events // that the API counts
	again   events // that come under keys which the API has counted before
}

// events is how many of each name.
type events map[string]int

// script is the whole conversation. A person's activity counts once a minute,
// so most steps bring a person of their own.
var script = []step{
	{
		title:   "Ann sends /start.",
		happens: each(writes(ann, ann.ID, "/start")),
		counted: events{"user_started": 1, "activity": 1},
	},
	{
		title:   "Boris opens a link with a parameter: /start ref_42. It stays in the bot: Capture.StartParams has not its prefix.",
		happens: each(writes(boris, boris.ID, "/start ref_42")),
		counted: events{"user_started": 1, "activity": 1},
	},
	{
		title:   "Carla writes hello. No handler is for it.",
		happens: each(writes(carla, carla.ID, "hello")),
		counted: events{"activity": 1},
	},
	{
		title:   "Ann presses Brazil; the handler sends choice_made. Her activity was counted a moment ago.",
		happens: each(presses(ann, ann.ID, "Brazil")),
		counted: events{"choice_made": 1},
	},
	{
		title:   "Dmitri edits a message. No handler is for it.",
		happens: each(edits(dmitri)),
		counted: events{"activity": 1},
	},
	{
		title:   "Eve answers a poll. No handler is for it.",
		happens: each(answersPoll(eve)),
		counted: events{"activity": 1},
	},
	{
		title:   "Jon opens the link of a campaign: /start vk_autumn. Its prefix is in Capture.StartParams.",
		happens: each(writes(jon, jon.ID, "/start vk_autumn")),
		counted: events{"user_started": 1, "activity": 1},
	},
	{
		title:   "Jon pays 100 Stars, then blocks the bot: no activity, and his minute is used.",
		happens: inOrder(each(acts(jon, "pay")), each(acts(jon, "block"))),
		counted: events{"payment_succeeded": 1, "bot_blocked": 1},
	},
	{
		title:   "Gus calls the bot by its name in a group.",
		happens: each(callsBot(gus, fans.ID)),
		counted: events{"user_started": 1, "activity": 1},
	},
	{
		title:   "Fay presses France in that group.",
		happens: each(presses(fay, fans.ID, "France")),
		counted: events{"choice_made": 1, "activity": 1},
	},
	{
		title:   "The bots restart, and Telegram sends Fay's press once more: the same keys, so it counts once.",
		happens: each(restarts),
		again:   events{"choice_made": 1, "activity": 1},
	},
	{
		title: "The API goes down. Hal sends /start, Ivy writes hi: the bots answer, their events wait.",
		happens: inOrder(
			apiFails,
			each(writes(hal, hal.ID, "/start")),
			each(writes(ivy, ivy.ID, "hi")),
			each(answers(hal.ID)),
			untilRefused,
		),
	},
	{
		title:   "The API is back.",
		happens: apiRecovers,
		counted: events{"user_started": 1, "activity": 2},
	},
}
