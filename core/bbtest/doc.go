// Package bbtest helps to test bots that use package bb.
//
// A [Recorder] stands in for the client's whole delivery: events are there
// when the call that made them returns. There is no socket and no goroutine,
// so it works inside testing/synctest too.
//
//	func TestStart(t *testing.T) {
//		rec := bbtest.NewRecorder(t)
//		bot := newBot(rec.Client())
//		bot.handle(bbtest.StartJSON(7, ""))
//		rec.Want("user_started", 1)
//	}
//
// For tests of a whole program there are stand-ins for both its sides, on
// loopback. A [Server] is the API: it checks every request against the contract,
// and answers slowly, wrongly or not at all if a test says so. A [Telegram]
// gives a bot updates and takes what it sends:
//
//	telegram, srv := bbtest.NewTelegram(t), bbtest.NewServer(t)
//	start(telegram.URL, telegram.Token, srv.URL, srv.Key)
//	telegram.Push(bbtest.StartJSON(7, ""))
//	telegram.Wait("sendMessage", 1)
//	srv.Wait("user_started", 1)
//
// [API] and [BotAPI] are the same as handlers, for programs that are not tests.
package bbtest
