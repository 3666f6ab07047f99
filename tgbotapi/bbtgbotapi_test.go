package bbtgbotapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtgbotapi "github.com/silverbranch/bb-telegram-analytics-go/tgbotapi"
)

// starts returns n updates, each of a user of its own.
func starts(n int) []tgbotapi.Update {
	updates := make([]tgbotapi.Update, n)
	for i := range updates {
		if err := json.Unmarshal(bbtest.StartJSON(int64(i+1), ""), &updates[i]); err != nil {
			panic(err)
		}
		updates[i].UpdateID = i + 1
	}
	return updates
}

// What was fetched when the context ended would come no second time; what comes
// after that is left.
func TestRangeEndsWithContext(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	updates := make(chan tgbotapi.Update, 10)
	for _, u := range starts(3) {
		updates <- u
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, u := range bbtgbotapi.Range(ctx, rec.Client(), api, updates) {
		if u.UpdateID > 1 { // Telegram goes on sending
			updates <- starts(9)[u.UpdateID+1]
		}
		cancel()
	}
	rec.Want(bb.EventUserStarted, 3)
	if len(updates) != 2 {
		t.Errorf("%d updates are left, want the 2 that came later", len(updates))
	}
}

func TestRangeEndsWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := false
		go func() {
			for range bbtgbotapi.Range(ctx, bbtest.NewRecorder(t).Client(), api, make(chan tgbotapi.Update)) {
				t.Error("an update out of nothing")
			}
			ended = true
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !ended {
			t.Error("the loop goes on")
		}
	})
}

func TestRangeBreak(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	updates := channelOf(starts(3)...)
	for range bbtgbotapi.Range(t.Context(), rec.Client(), api, updates) {
		break
	}
	rec.Want(bb.EventUserStarted, 1)
	if len(updates) != 2 {
		t.Errorf("%d updates are left, want 2: only what the loop takes counts", len(updates))
	}
}

func TestRangeConcurrently(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	updates := channelOf(starts(1000)...)
	var wg sync.WaitGroup
	var taken atomic.Int64
	for range 8 {
		wg.Go(func() {
			for ctx, u := range bbtgbotapi.Range(t.Context(), rec.Client(), api, updates) {
				bb.FromContext(ctx).ChoiceMade(bb.Payload{"update": u.UpdateID})
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1000 {
		t.Errorf("%d updates were taken, want 1000", taken.Load())
	}
	rec.Want(bb.EventUserStarted, 1000)
	for _, ev := range rec.Want(bb.EventChoiceMade, 1000) {
		if ev.Payload["update"] != float64(ev.UserID) {
			t.Fatalf("the tracker of another update: %+v", ev)
		}
	}
}

// The context of an update is the loop's with a tracker, and nothing of the
// update before it.
func TestRangeContext(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "mine")
	var last *bb.Tracker
	for ctx := range bbtgbotapi.Range(ctx, bbtest.NewRecorder(t).Client(), api, channelOf(starts(2)...)) {
		if ctx.Value(key{}) != "mine" {
			t.Error("a value of the context is lost")
		}
		if bb.FromContext(ctx) == last {
			t.Error("the tracker of another update")
		}
		last = bb.FromContext(ctx)
	}
}

func TestTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t)
		updates := make(chan tgbotapi.Update, 10)
		tapped := bbtgbotapi.Tap(rec.Client(), api, updates)
		if cap(tapped) != 10 {
			t.Errorf("capacity %d, want 10", cap(tapped))
		}
		for _, u := range starts(10) {
			updates <- u
		}
		synctest.Wait()
		if len(tapped) != 10 {
			t.Errorf("%d updates wait, want all", len(tapped))
		}
		tapped.Clear()
		if len(tapped) != 0 {
			t.Errorf("%d updates wait after Clear", len(tapped))
		}
		rec.Want(bb.EventUserStarted, 10)
		close(updates)
		if _, open := <-tapped; open {
			t.Error("the channel is not closed with its source")
		}
	})
}

// A consumer that stops reading holds up the tap, and nothing else.
func TestTapWithoutConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t)
		updates := make(chan tgbotapi.Update)
		tapped := bbtgbotapi.Tap(rec.Client(), api, updates)
		updates <- starts(1)[0]
		synctest.Wait()
		select {
		case updates <- starts(2)[1]:
			t.Error("the tap reads ahead of an unbuffered channel")
		default:
		}
		<-tapped
		close(updates)
	})
}

func TestNilSafe(t *testing.T) {
	client := bbtest.NewRecorder(t).Client()
	updates := channelOf()
	if bbtgbotapi.Tap(nil, nil, updates) != updates {
		t.Error("Tap of no client is another channel")
	}
	if bbtgbotapi.Tap(client, api, nil) != nil {
		t.Error("Tap of no channel is a channel")
	}
	ctx := bbtgbotapi.Observe(t.Context(), client, nil, nil)
	if tracker := bb.FromContext(ctx); tracker != nil {
		t.Errorf("the tracker of no update is %v", tracker)
	}
	for _, u := range []tgbotapi.Update{
		{}, {Message: &tgbotapi.Message{}}, {CallbackQuery: &tgbotapi.CallbackQuery{}},
		{CallbackQuery: &tgbotapi.CallbackQuery{Message: &tgbotapi.Message{}}}, {InlineQuery: &tgbotapi.InlineQuery{}},
		{ChosenInlineResult: &tgbotapi.ChosenInlineResult{}}, {ShippingQuery: &tgbotapi.ShippingQuery{}},
		{PreCheckoutQuery: &tgbotapi.PreCheckoutQuery{}}, {MyChatMember: &tgbotapi.ChatMemberUpdated{}},
	} {
		ctx := bbtgbotapi.Observe(t.Context(), client, nil, &u)
		bb.FromContext(ctx).ChoiceMade(nil)
	}
}

// A BotAPI that was made by hand, to save the getMe, is known by its token:
// keys have to survive a restart.
func TestHandMadeAPI(t *testing.T) {
	key := func(api *tgbotapi.BotAPI) string {
		rec := bbtest.NewRecorder(t)
		bbtgbotapi.Observe(t.Context(), rec.Client(), api, &starts(1)[0])
		return rec.Want(bb.EventUserStarted, 1)[0].IdempotencyKey
	}
	if made, asked := key(&tgbotapi.BotAPI{Token: "42:test"}), key(api); made != asked {
		t.Errorf("key %s, want %s", made, asked)
	}
}

// The library's own decoding of a webhook. It never checks who calls.
func TestWebhook(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	hook := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := api.HandleUpdate(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		ctx := bbtgbotapi.Observe(r.Context(), rec.Client(), api, u)
		bb.FromContext(ctx).ChoiceMade(bb.Payload{"choice_id": "x"})
	})
	body := string(bbtest.StartJSON(7, ""))
	for _, body := range []string{body, body, "null", "{", ""} {
		hook.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
	}
	rec.Want(bb.EventUserStarted, 1)
	rec.Want(bb.EventChoiceMade, 2) // one is of the null
}
