package adaptertest_test

import (
	"context"
	"encoding/json"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/adaptertest"
)

// The author of an adapter writes one test.
func ExampleRun() {
	_ = func(t *testing.T) { // TestConformance
		adaptertest.Run(t, adaptertest.Harness{
			Entries: []adaptertest.Entry{{Name: "Middleware", New: newLibraryBot}},
			Gaps: map[string]adaptertest.Gap{
				"message_reaction": adaptertest.UnknownKind, // the library has no such field
			},
		})
	}
}

// newLibraryBot returns what hands raw updates to a bot of the library. Its one
// handler is given the tracker that the adapter put into the context.
func newLibraryBot(tb testing.TB, client *bb.Client, handler func(*bb.Tracker)) func([]byte) error {
	handle := middleware(client, func(ctx context.Context, _ *libraryUpdate) { handler(bb.FromContext(ctx)) })
	return func(raw []byte) error {
		var u libraryUpdate
		if err := json.Unmarshal(raw, &u); err != nil {
			return err
		}
		handle(tb.Context(), &u) // returns after the handler
		return nil
	}
}

// middleware is the adapter: it reads fields, and leaves all rules to Observe.
func middleware(client *bb.Client, next func(context.Context, *libraryUpdate)) func(context.Context, *libraryUpdate) {
	return func(ctx context.Context, u *libraryUpdate) {
		update := bb.Update{BotID: adaptertest.BotID, BotUsername: adaptertest.BotUsername, ID: u.ID}
		if m := u.Message; m != nil && m.From != nil {
			update.Kind, update.Text = "message", m.Text
			update.UserID, update.ChatID, update.ChatType = m.From.ID, m.Chat.ID, m.Chat.Type
		} // and so on for each kind
		next(bb.NewContext(ctx, client.Observe(update)), u)
	}
}

// libraryUpdate is what the library decodes an update to.
type libraryUpdate struct {
	ID      int64 `json:"update_id"`
	Message *struct {
		From *struct{ ID int64 }
		Chat struct {
			ID   int64
			Type string
		}
		Text string
	}
}
