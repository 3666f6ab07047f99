// Package telegramsim is a Telegram Bot API server without Telegram: enough of
// it for the real Go libraries to log in, poll, answer and edit, over real
// HTTP, with a script in the place of the people who write to the bot.
//
//	sim, err := telegramsim.Start()
//	if err != nil { ... }
//	defer sim.Close()
//	bot := sim.AddBot("1001:secret", "my_bot") // the bot under test logs in at sim.URL()
//
//	ann := telegramsim.User{ID: 7, FirstName: "Ann"}
//	bot.SendText(ann, ann.Chat(), "/start")
//	call, err := bot.Await(ctx, telegramsim.SentTo(ann.ID)) // what the bot answered
//	bot.Press(ann, *call.Message, "bra")
//
// Updates wait, come again and are confirmed as Telegram does it. Two things
// are simpler: allowed_updates is ignored, what the script sends is delivered;
// and a bot may write to any chat that wrote to it first, for ever.
package telegramsim
