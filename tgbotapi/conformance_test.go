package bbtgbotapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/adaptertest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtgbotapi "github.com/silverbranch/bb-telegram-analytics-go/tgbotapi"
)

// gaps are those of the library, which ends at Bot API 5.5.
func gaps() map[string]adaptertest.Gap {
	gaps := adaptertest.UnknownKinds(tgbotapi.Update{}, adaptertest.UnknownKind)
	gaps["poll_answer/of a chat"] = adaptertest.NoChat
	for _, name := range []string{
		"message/scheduled start", "callback_query/in a business chat",
		"message/first payment", "message/renewal", "message/refund", "message/refund by the person",
	} {
		gaps[name] = adaptertest.MissingField
	}
	return gaps
}

func TestConformance(t *testing.T) {
	_, premium := reflect.TypeFor[tgbotapi.User]().FieldByName("IsPremium") // of its forks
	adaptertest.Run(t, adaptertest.Harness{
		Gaps:      gaps(),
		NoPremium: !premium,
		Poll:      poll,
		Entries: []adaptertest.Entry{
			{Name: "Range", New: entry(ranged)},
			{Name: "Tap", New: entry(tapped), NoTracker: true},
			{Name: "Tap and Range", New: entry(tappedAndRanged)},
			{Name: "Wrap", New: entry(wrapped)},
			{Name: "Observe", New: entry(observed)},
		},
	})
}

type handler = func(context.Context, tgbotapi.Update)

var api = &tgbotapi.BotAPI{Self: tgbotapi.User{ID: adaptertest.BotID, IsBot: true, UserName: adaptertest.BotUsername}}

// entry makes an Entry of what handles one decoded update.
func entry(process func(*bb.Client, tgbotapi.Update, handler)) func(testing.TB, *bb.Client, func(*bb.Tracker)) func([]byte) error {
	return func(_ testing.TB, client *bb.Client, handle func(*bb.Tracker)) func([]byte) error {
		return func(raw []byte) error {
			var u tgbotapi.Update
			if err := json.Unmarshal(raw, &u); err != nil {
				return err
			}
			process(client, u, func(ctx context.Context, _ tgbotapi.Update) { handle(bb.FromContext(ctx)) })
			return nil
		}
	}
}

func ranged(client *bb.Client, u tgbotapi.Update, handle handler) {
	for ctx, u := range bbtgbotapi.Range(context.Background(), client, api, channelOf(u)) {
		handle(ctx, u)
	}
}

func tapped(client *bb.Client, u tgbotapi.Update, handle handler) {
	for u := range bbtgbotapi.Tap(client, api, channelOf(u)) {
		handle(context.Background(), u)
	}
}

func tappedAndRanged(client *bb.Client, u tgbotapi.Update, handle handler) {
	for ctx, u := range bbtgbotapi.Range(context.Background(), client, api, bbtgbotapi.Tap(client, api, channelOf(u))) {
		handle(ctx, u)
	}
}

func wrapped(client *bb.Client, u tgbotapi.Update, handle handler) {
	bbtgbotapi.Wrap(client, api, handle)(context.Background(), u)
}

func observed(client *bb.Client, u tgbotapi.Update, handle handler) {
	handle(bbtgbotapi.Observe(context.Background(), client, api, &u), u)
}

// channelOf returns a channel that is closed after these updates.
func channelOf(updates ...tgbotapi.Update) tgbotapi.UpdatesChannel {
	ch := make(chan tgbotapi.Update, len(updates))
	for _, u := range updates {
		ch <- u
	}
	close(ch)
	return ch
}

func poll(tb testing.TB, telegram *bbtest.Telegram, httpClient *http.Client, client *bb.Client, handled func(int64)) (stop func()) {
	api, err := tgbotapi.NewBotAPIWithClient(telegram.Token, telegram.URL+"/bot%s/%s", httpClient)
	if err != nil {
		tb.Fatal(err)
	}
	updates := bbtgbotapi.Tap(client, api, api.GetUpdatesChan(tgbotapi.UpdateConfig{Timeout: 1}))
	go func() {
		for u := range updates {
			handled(int64(u.UpdateID))
		}
	}()
	return api.StopReceivingUpdates
}
