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
// A [Server] is a strict stand-in for the API on loopback, for tests of a
// whole program: it checks every request against the contract and can be told
// to answer slowly, wrongly or not at all.
package bbtest
