// Package adaptertest proves that an adapter of a Telegram library does what
// package bb promises.
//
// It holds one corpus of raw updates, as Telegram sends them, with the events
// that each has to emit. [Run] decodes every update with the library's own
// types, sends it through every way in of the adapter, and checks the events,
// their idempotency keys, the tracker that the handler gets, redelivery, and
// that handlers run exactly once whatever happens.
//
// The author of an adapter writes one test:
//
//	func TestConformance(t *testing.T) {
//		adaptertest.Run(t, adaptertest.Harness{
//			Ways: []adaptertest.Way{{Name: "Middleware", New: newBot}},
//			Gaps: map[string]adaptertest.Gap{
//				"message_reaction": adaptertest.Unnamed, // the library has no such field
//			},
//		})
//	}
//
//	func newBot(tb testing.TB, client *bb.Client, handler func(*bb.Tracker)) func([]byte) error {
//		bot := newLibraryBot(adaptertest.BotID, adaptertest.BotUsername)
//		bot.Use(Middleware(client))
//		bot.HandleEverything(func(ctx context.Context, u library.Update) {
//			handler(bb.FromContext(ctx))
//		})
//		return func(raw []byte) error {
//			var u library.Update
//			if err := json.Unmarshal(raw, &u); err != nil {
//				return err
//			}
//			bot.Process(u) // returns after the handler
//			return nil
//		}
//	}
package adaptertest
