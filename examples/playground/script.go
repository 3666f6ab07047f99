package main

import (
	"context"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/telegramsim"
)

var (
	ann    = telegramsim.User{ID: 101, FirstName: "Ann"}
	boris  = telegramsim.User{ID: 102, FirstName: "Boris"}
	carla  = telegramsim.User{ID: 103, FirstName: "Carla"}
	dmitri = telegramsim.User{ID: 104, FirstName: "Dmitri"}
	eve    = telegramsim.User{ID: 105, FirstName: "Eve"}
	fay    = telegramsim.User{ID: 106, FirstName: "Fay"}
	gus    = telegramsim.User{ID: 107, FirstName: "Gus"}
	hal    = telegramsim.User{ID: 108, FirstName: "Hal"}
	ivy    = telegramsim.User{ID: 109, FirstName: "Ivy"}

	fans = telegramsim.Group(-200, "Football fans")
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
		happens: each(writes(ann, ann.Chat(), "/start")),
		counted: events{"user_started": 1, "activity": 1},
	},
	{
		title:   "Boris opens a link with a parameter: /start ref_42. It is sent only with Capture.StartParam.",
		happens: each(writes(boris, boris.Chat(), "/start ref_42")),
		counted: events{"user_started": 1, "activity": 1},
	},
	{
		title:   "Carla writes hello. No handler is for it.",
		happens: each(writes(carla, carla.Chat(), "hello")),
		counted: events{"activity": 1},
	},
	{
		title:   "Ann presses Brazil; the handler sends choice_made. Her activity was counted a moment ago.",
		happens: each(presses(ann, ann.Chat(), "Brazil")),
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
		title:   "Gus calls the bot by its name in a group.",
		happens: each(callsBot(gus, fans)),
		counted: events{"user_started": 1, "activity": 1},
	},
	{
		title:   "Fay presses France in that group.",
		happens: each(presses(fay, fans, "France")),
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
			each(writes(hal, hal.Chat(), "/start")),
			each(writes(ivy, ivy.Chat(), "hi")),
			each(answers(hal.Chat())),
			untilRefused,
		),
	},
	{
		title:   "The API is back.",
		happens: apiRecovers,
		counted: events{"user_started": 1, "activity": 2},
	},
}
