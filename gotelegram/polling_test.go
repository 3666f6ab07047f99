package bbgotelegram_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
)

// The library polls over HTTP and runs its handlers concurrently.
func TestPolling(t *testing.T) {
	const updates = 50
	var polled atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/getMe"):
			fmt.Fprint(w, `{"ok":true,"result":{"id":42,"is_bot":true,"first_name":"Test","username":"test_bot"}}`)
		case polled.CompareAndSwap(false, true):
			var batch []string
			for i := range updates {
				batch = append(batch, fmt.Sprintf(`{"update_id":%d,"message":{"message_id":1,"date":1,"from":{"id":%d},"chat":{"id":-5,"type":"group"},"text":"/start@test_bot"}}`, i+1, i+1))
			}
			fmt.Fprintf(w, `{"ok":true,"result":[%s]}`, strings.Join(batch, ","))
		default:
			fmt.Fprint(w, `{"ok":true,"result":[]}`)
		}
	}))
	defer srv.Close()

	rec := bbtest.NewRecorder(t)
	var handled sync.WaitGroup
	handled.Add(updates)
	b, err := bot.New(token, bot.WithServerURL(srv.URL),
		bot.WithMiddlewares(bbgotelegram.Middleware(rec.Client())),
		bot.WithDefaultHandler(func(ctx context.Context, _ *bot.Bot, u *models.Update) {
			bb.FromContext(ctx).ChoiceMade(bb.Payload{"update": u.ID})
			handled.Done()
		}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		b.Start(ctx)
	}()
	handled.Wait()
	cancel()
	<-stopped
	rec.Want(bb.EventUserStarted, updates)
	for _, ev := range rec.Want(bb.EventChoiceMade, updates) {
		if ev.Payload["update"] != float64(ev.UserID) {
			t.Fatalf("the tracker of another update: %+v", ev)
		}
	}
}
