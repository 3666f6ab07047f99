package bbtelego_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/mymmrac/telego"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// observeJSON shows client an update as Telegram sent it, and returns ctx with
// its tracker.
func observeJSON(ctx context.Context, client *bb.Client, raw []byte) context.Context {
	u, err := bb.UpdateFromJSON(raw, 42, "test_bot") // the bot: its id and user name
	if err != nil {
		return ctx // not an update; what to answer is the bot's business
	}
	return bb.NewContext(ctx, client.Observe(u))
}

// observeAny is for updates that a library has decoded already.
func observeAny(ctx context.Context, client *bb.Client, update any) context.Context {
	raw, err := json.Marshal(update)
	if err != nil {
		return ctx
	}
	return observeJSON(ctx, client, raw)
}

// withJSON proves observeAny with the updates of this library.
func withJSON(client *bb.Client, _ *telego.Bot, u telego.Update, handle func(context.Context)) {
	handle(observeAny(u.Context(), client, u))
}

// Example_webhook is a bot without a library.
func Example_webhook() {
	client := printingClient() // in a bot: bb.New(bb.ConfigFromEnv())

	webhook := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "no update", http.StatusBadRequest)
			return
		}
		ctx := observeJSON(r.Context(), client, raw)
		bb.FromContext(ctx).ChoiceMade(bb.Payload{"team_code": "bra"})
	})
	body := `{"update_id":1,"message":{"from":{"id":7},"chat":{"id":7,"type":"private"},"text":"/start"}}`
	webhook.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
	// Output:
	// user_started user=7 map[handler:start source:telegram]
	// activity user=7 map[chat_type:private source:telegram update_type:message]
	// choice_made user=7 map[team_code:bra]
}

// printingClient returns a client that prints its events instead of sending
// them.
func printingClient() *bb.Client {
	client, err := bb.New(bb.Config{
		Enabled: true, IntegrationKey: "key",
		BeforeSend: func(ev bb.Event) (bb.Event, bool) {
			fmt.Printf("%s user=%d %v\n", ev.Name, ev.UserID, ev.Payload)
			return ev, false
		},
	})
	if err != nil {
		panic(err)
	}
	return client
}
