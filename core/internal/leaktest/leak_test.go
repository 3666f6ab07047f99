package leaktest

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
	tele "gopkg.in/telebot.v3"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	bbredis "github.com/silverbranch/bb-telegram-analytics-go/core/redis"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
	bbtelebot "github.com/silverbranch/bb-telegram-analytics-go/telebot"
	bbtgbotapi "github.com/silverbranch/bb-telegram-analytics-go/tgbotapi"
)

// check runs a test and then looks for goroutines that it left. Cleanups of
// the test, such as closing its server, run before that.
func check(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Run(name, test)
	goleak.VerifyNone(t, before)
}

func TestNoGoroutineIsLeft(t *testing.T) {
	check(t, "client", client)
	check(t, "client in an outage", outage)
	check(t, "client that is never closed", neverClosed)
	check(t, "disabled client", disabled)
	check(t, "recorder", recorder)
	check(t, "disk outbox", disk)
	check(t, "Redis outbox", shared)
	check(t, "telebot", telebot)
	check(t, "tgbotapi", tap)
	check(t, "go-telegram/bot", username)
}

func client(t *testing.T) {
	srv := bbtest.NewServer(t)
	c := srv.Client(func(cfg *bb.Config) { cfg.OnDrop = func(bb.Event, bb.DropReason) {} })
	for user := range int64(100) {
		c.For(user+1, 0).ChoiceMade(bb.Payload{"n": user})
	}
	c.Send(bb.Event{})
	srv.Wait(bb.EventChoiceMade, 100)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func outage(t *testing.T) {
	srv := bbtest.NewServer(t)
	for range 1000 {
		srv.Answer(bbtest.Answer{Hang: true})
	}
	c := srv.Client(func(cfg *bb.Config) { cfg.Timeout = 50 * time.Millisecond })
	for range 100 {
		c.Send(bb.Event{Name: "order_paid"})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := c.Shutdown(ctx); err == nil {
		t.Error("Shutdown = nil, though the API hangs")
	}
}

// A bot that forgets Close has timers and idle connections at most.
func neverClosed(t *testing.T) {
	srv := bbtest.NewServer(t)
	c, err := bb.New(bb.Config{Enabled: true, BaseURL: srv.URL, IntegrationKey: bb.Secret(srv.Key)})
	if err != nil {
		t.Fatal(err)
	}
	c.Send(bb.Event{Name: "order_paid"})
	srv.Wait("order_paid", 1)
}

func disabled(t *testing.T) {
	c, err := bb.New(bb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c.Send(bb.Event{Name: "order_paid"})
}

func recorder(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	rec.Client().Send(bb.Event{Name: "order_paid"})
	rec.Want("order_paid", 1)
}

func disk(t *testing.T) {
	srv := bbtest.NewServer(t)
	box, err := bbdisk.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := srv.Client(func(cfg *bb.Config) { cfg.Outbox = box })
	c.Send(bb.Event{Name: "order_paid"})
	srv.Wait("order_paid", 1)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func shared(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed; on Debian: apt-get install redis-server")
	}
	dir, err := os.MkdirTemp("", "leak") // short, for the socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	server := exec.Command("redis-server", "--port", "0", "--unixsocket", dir+"/redis.sock", "--dir", dir)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}()
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.Contains(lines.Text(), "eady to accept connections"); {
	}

	srv := bbtest.NewServer(t)
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: dir + "/redis.sock", ContextTimeoutEnabled: true})
	c := srv.Client(func(cfg *bb.Config) {
		cfg.Outbox, cfg.Throttle = bbredis.NewOutbox(rdb, "bot"), bbredis.NewThrottle(rdb, "bot")
	})
	c.Send(bb.Event{Name: "activity", UserID: 7})
	srv.Wait("activity", 1)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := rdb.Close(); err != nil {
		t.Error(err)
	}
}

// updates is a poller that hands out updates until it is stopped.
type updates struct{}

func (updates) Poll(_ *tele.Bot, dest chan tele.Update, stop chan struct{}) {
	for id := 1; ; id++ {
		select {
		case dest <- tele.Update{ID: id, Message: &tele.Message{Sender: &tele.User{ID: 7}, Chat: &tele.Chat{ID: 7}, Text: "hi"}}:
		case <-stop:
			return
		}
	}
}

func telebot(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	b, err := tele.NewBot(tele.Settings{Offline: true, Synchronous: true, Poller: updates{}})
	if err != nil {
		t.Fatal(err)
	}
	bbtelebot.Attach(b, rec.Client())
	handled := make(chan struct{}, 1)
	b.Handle(tele.OnText, func(tele.Context) error {
		select {
		case handled <- struct{}{}:
		default:
		}
		return nil
	})
	go b.Start()
	<-handled
	b.Stop()
}

func tap(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	in := make(chan tgbotapi.Update, 10)
	out := bbtgbotapi.Tap(rec.Client(), nil, in)
	for id := range 10 {
		in <- tgbotapi.Update{UpdateID: id + 1}
	}
	close(in)
	for range out {
	}
}

func username(t *testing.T) {
	asked := make(chan struct{}, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/getMe") {
			asked <- struct{}{}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": map[string]any{"id": 42, "is_bot": true, "username": "this_bot"}})
	}))
	defer srv.Close()
	httpClient := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	rec := bbtest.NewRecorder(t)
	b, err := bot.New("42:test", bot.WithSkipGetMe(), bot.WithServerURL(srv.URL), bot.WithNotAsyncHandlers(),
		bot.WithHTTPClient(time.Second, httpClient), bot.WithMiddlewares(bbgotelegram.Middleware(rec.Client())))
	if err != nil {
		t.Fatal(err)
	}
	b.ProcessUpdate(t.Context(), &models.Update{ID: 1, Message: &models.Message{
		From: &models.User{ID: 7}, Chat: models.Chat{ID: 7, Type: models.ChatTypePrivate}, Text: "/start@this_bot",
	}})
	<-asked
	rec.Want(bb.EventUserStarted, 1)
}
