// Code generated from telebot/tap_test.go; DO NOT EDIT.

package bbtelebot_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	tele "gopkg.in/telebot.v4"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbtelebot "github.com/silverbranch/bb-telegram-analytics-go/telebot/telebotv4"
)

// batchPoller hands on an update every millisecond, and a whole batch before it
// looks at stop, as tele.LongPoller does.
type batchPoller int

func (n batchPoller) Poll(_ *tele.Bot, dest chan tele.Update, stop chan struct{}) {
	for id := 1; ; {
		select {
		case <-stop:
			return
		default:
		}
		for range int(n) {
			time.Sleep(time.Millisecond)
			dest <- tele.Update{ID: id, Message: &tele.Message{Text: "/start", Sender: &tele.User{ID: int64(id)}}}
			id++
		}
	}
}

// Stop ends a bot that has more updates than it can handle, also where telebot
// alone hangs: it stops reading what its pollers still write. Every goroutine
// of the bubble has to end, or synctest fails.
func TestStopUnderBacklog(t *testing.T) {
	for name, newBot := range map[string]func(*testing.T) *tele.Bot{
		"synchronous": func(t *testing.T) *tele.Bot {
			return newBot(t, tele.Settings{Poller: batchPoller(500)})
		},
		"filter": func(t *testing.T) *tele.Bot {
			return newAsyncBot(t, tele.NewMiddlewarePoller(batchPoller(500), acceptAll))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec := bbtest.NewRecorder(t)
				bot := newBot(t)
				bbtelebot.Attach(bot, rec.Client())
				var handled atomic.Int64
				bot.Handle("/start", func(tele.Context) error {
					time.Sleep(time.Second)
					handled.Add(1)
					return nil
				})
				go bot.Start()
				time.Sleep(3*time.Second + 250*time.Microsecond) // in the middle of a batch
				bot.Stop()
				time.Sleep(time.Second) // it does not wait for handlers
				if n := len(rec.Events(bb.EventUserStarted)); int64(n) < handled.Load() || handled.Load() < 2 {
					t.Errorf("%d starts were counted, %d handled", n, handled.Load())
				}
			})
		})
	}
}

// A filter inside which the tap stands ends too, for the tap always reads.
func TestTapEndsInsideFilter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		filter := tele.NewMiddlewarePoller(batchPoller(500), acceptAll)
		bot := newBot(t, tele.Settings{Poller: filter})
		bbtelebot.Attach(bot, bbtest.NewRecorder(t).Client())
		dest, stop, done := make(chan tele.Update), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			filter.Poller.Poll(bot, dest, stop)
		}()
		for range 3 {
			<-dest
		}
		close(stop)
		<-done
	})
}

// apiClient answers every call of the Bot API without a socket.
type apiClient struct{ fail bool }

func (c apiClient) RoundTrip(*http.Request) (*http.Response, error) {
	if c.fail {
		return nil, errors.New("no network")
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: make(http.Header),
		Body: io.NopCloser(strings.NewReader(`{"ok":true,"result":true}`)),
	}, nil
}

// A webhook that is mounted on the user's own mux works through the tap.
func TestWebhookOnMux(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t)
		hook := &tele.Webhook{Endpoint: &tele.WebhookEndpoint{PublicURL: "https://bot.test"}}
		bot := newBot(t, tele.Settings{Poller: hook, Client: &http.Client{Transport: apiClient{}}})
		bbtelebot.Attach(bot, rec.Client())
		bot.Handle("/start", func(tele.Context) error { return nil })
		mux := http.NewServeMux()
		mux.Handle("/hook", hook)

		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			bot.Poller.Poll(bot, bot.Updates, stop)
		}()
		synctest.Wait() // the webhook is set up without a lock

		update := bbtest.StartJSON(7, "")
		for range 2 { // Telegram repeats what was not answered in time
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(string(update))))
			if w.Code != http.StatusOK {
				t.Errorf("the webhook answered %d", w.Code)
			}
			bot.ProcessUpdate(<-bot.Updates)
		}
		rec.Want(bb.EventUserStarted, 1)

		close(stop) // as Stop does; without a tap telebot's webhook then panics
		<-done
	})
}

// With a tap a bot on a webhook can be stopped, so that what waits is delivered.
func TestStopOfAWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, fail := range []bool{false, true} {
			bot := newBot(t, tele.Settings{
				Poller:  &tele.Webhook{Endpoint: &tele.WebhookEndpoint{PublicURL: "https://bot.test"}},
				Client:  &http.Client{Transport: apiClient{fail: fail}},
				OnError: func(error, tele.Context) {},
			})
			bbtelebot.Attach(bot, bbtest.NewRecorder(t).Client())
			go bot.Start()
			synctest.Wait()
			bot.Stop()
		}
	})
}

// A webhook that cannot be set closes stop itself and returns.
func TestWebhookRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reported := 0
		bot := newBot(t, tele.Settings{
			Poller:  &tele.Webhook{},
			Client:  &http.Client{Transport: apiClient{fail: true}},
			OnError: func(error, tele.Context) { reported++ },
		})
		bbtelebot.Attach(bot, bbtest.NewRecorder(t).Client())
		bot.Poller.Poll(bot, bot.Updates, make(chan struct{}))
		if reported != 1 {
			t.Errorf("OnError was called %d times, want 1", reported)
		}
	})
}

// A poller that ends by itself ends the tap, and no update is lost before.
func TestTapEndsWithPoller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot := newBot(t, tele.Settings{Poller: pollerFunc(func(dest chan tele.Update) {
			for id := range 5 {
				dest <- tele.Update{ID: id + 1}
			}
		})})
		bbtelebot.Attach(bot, bbtest.NewRecorder(t).Client())
		bot.Poller.Poll(bot, bot.Updates, nil)
		if n := len(bot.Updates); n != 5 {
			t.Errorf("%d updates arrived, want 5", n)
		}
	})
}

type pollerFunc func(dest chan tele.Update)

func (f pollerFunc) Poll(_ *tele.Bot, dest chan tele.Update, _ chan struct{}) { f(dest) }

// What the tap has seen the middleware does not count again.
func TestAttachObservesOnce(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	source := make(channelPoller)
	bot := newBot(t, tele.Settings{Poller: source})
	bbtelebot.Attach(bot, rec.Client())
	bot.Handle(tele.OnText, func(c tele.Context) error {
		bbtelebot.FromContext(c).ChoiceMade(nil)
		return nil
	})
	process := polled(t, bot, source)
	for id := range 10 {
		u := message()
		u.ID = id + 1
		process(u)
	}
	if s := rec.Client().Stats(); s.Received != 11 || s.Throttled != 9 || s.Duplicates != 0 {
		t.Errorf("Stats = %+v, want one activity, ten choices and nine throttled", s)
	}
	u := message()
	u.ID = 10
	process(u) // redelivered
	if s := rec.Client().Stats(); s.Received != 11 || s.Duplicates != 1 {
		t.Errorf("Stats = %+v after a redelivery, want one duplicate", s)
	}
}
