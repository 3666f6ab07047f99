// Package bb sends the events of a Telegram bot to BB Analytics: who started
// it, who is active, what people chose.
//
//	client, err := bb.New(bb.ConfigFromEnv())
//	if err != nil {
//		log.Printf("analytics off: %v", err) // client is nil, which is safe to use
//	}
//	defer client.Close()
//
//	client.For(userID, chatID).ChoiceMade(bb.Payload{"team_code": "bra"})
//
// A bot on telebot.v3, telegram-bot-api v5 or go-telegram/bot needs one line
// more, from the package beside this one that is named after its library. That
// line sends user_started and activity for every update and gives handlers
// their [Tracker]. For other libraries there are [UpdateFromJSON] and
// [Client.Observe].
//
// # Delivery
//
// [Client.Send] and its relatives put an event into an outbox and return. They
// never wait for the network, never panic and return nothing. Senders, which
// exist only while there is work, post one event a request, and repeat it with
// the same idempotency key until the API takes it, refuses it for good, or
// Config.MaxAge is over. While the API is down or the key is wrong, everything
// is kept and one probe at a time goes out, with growing pauses of at most a
// minute. The default outbox is memory, bounded by count and bytes; what it
// cannot hold is dropped, counted and reported. With package bbdisk events
// survive the process. With package bbredis the replicas of one bot share
// outbox and throttle: what one of them leaves behind another delivers.
//
// An event that stems from an update has a key derived from that update. So
// what Telegram delivers again, to this process or another, counts once.
//
// # Concurrency
//
// All methods of [Client] and [Tracker] may be called from any goroutine, at
// any time, also on nil pointers and after Shutdown. Config.BeforeSend runs
// inside Send on the caller's goroutine; Config.OnDrop and Config.Logger are
// called one at a time on a goroutine of the client.
//
// # Shutdown
//
// [Client.Close] delivers what is left for at most five seconds, whatever
// happened to the context of main; [Client.Shutdown] does so until its own
// context ends. Both say how many events are lost, if any. [Client.Flush] is
// for processes that may be frozen between two calls, as in serverless
// environments.
//
// # Privacy
//
// Message texts, names, user names, phone numbers and tokens never leave the
// bot. The data of buttons, the parameters of deep links and command names
// leave it only if [Capture] says so. Config.BeforeSend sees every event last.
//
// # Testing
//
// Package bbtest records events without network and goroutines, and has a
// strict stand-in for the API.
package bb
