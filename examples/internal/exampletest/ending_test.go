package exampletest

import (
	"bytes"
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
)

// shapeVariable makes this test binary be a bot: "was" or "now" and the name of
// its shape.
const shapeVariable = "EXAMPLETEST_SHAPE"

func TestMain(m *testing.M) {
	if pace := os.Getenv(paceVariable); pace != "" {
		sendAtPace(pace)
	}
	wanted := os.Getenv(shapeVariable)
	for _, s := range shapes {
		switch wanted {
		case "was " + s.name:
			s.was(newClient())
			return
		case "now " + s.name:
			s.now(newClient())
			return
		}
	}
	os.Exit(m.Run())
}

func newClient() *bb.Client {
	cfg := bb.ConfigFromEnv()
	outbox, err := bbdisk.OpenEnv()
	if err != nil {
		log.Fatal(err)
	}
	cfg.Outbox = outbox
	client, err := bb.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// What README.md says of each way to end keeps what waits, which is lost without.
func TestShapes(t *testing.T) {
	for _, s := range shapes {
		for _, form := range []string{"was", "now"} {
			t.Run(s.name+", "+form, func(t *testing.T) {
				t.Parallel()
				lost := end(t, s, form)
				switch {
				case form == "now" && lost > 0:
					t.Errorf("%d events are lost", lost)
				case form == "was" && lost == 0:
					t.Error("nothing is lost: the table need not say a word about it")
				}
			})
		}
	}
}

// end runs a bot, lets people write to it, sends it SIGTERM, and returns how many
// of its events did not arrive.
func end(t *testing.T, s shape, form string) (lost int) {
	api, telegram := bbtest.NewServer(t), bbtest.NewTelegram(t)
	address := freeAddress(t)
	environment := environmentOf(form+" "+s.name, address, api, telegram)
	if s.late || s.folder && form == "now" {
		environment = append(environment, bbdisk.EnvDir+"="+t.TempDir())
	}
	start := func() *process {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = environment
		return launch(t, cmd)
	}
	want := 2 * people // started, active
	if s.slow {
		want += people // and chose
	} else {
		api.Decide(down)
	}
	bot := start()
	if s.webhook {
		ctx, hangUp := context.WithCancel(t.Context())
		defer hangUp() // what a bot that is gone did not answer
		for user := range int64(people) {
			go post(ctx, "http://"+address, bbtest.StartJSON(ann+user, ""))
		}
		telegram.Wait("sendMessage", people)
	} else {
		meet(telegram)
	}
	bot.signal(t, syscall.SIGTERM)
	outage := time.Second / 2
	if form == "was" { // which is over by then, however slow the machine is
		outage = 3 * time.Second
	}
	if s.late {
		while := patience
		if form == "was" {
			while = outage
		}
		return endLate(t, api, telegram, bot, start, while)
	}
	time.AfterFunc(outage, func() { api.Decide(nil) })
	_ = bot.wait(t)
	if s.folder && form == "now" {
		again := start()
		api.Wait(bb.EventUserStarted, people)
		api.Wait(bb.EventActivity, people)
		again.kill(t)
	}
	return want - len(api.Events())
}

// endLate lets people write to a bot that ends, and returns how many of them the next
// one does not know once it knows who wrote last, and a while after that.
func endLate(t *testing.T, api *bbtest.Server, telegram *bbtest.Telegram, bot *process, start func() *process, while time.Duration) (lost int) {
	const late, last = ann + 1000, ann + 2000
	time.Sleep(time.Second) // its loop is over, and for five seconds Close waits for the API
	for user := range int64(people) {
		telegram.Push(bbtest.StartJSON(late+user, ""))
	}
	_ = bot.wait(t)
	api.Decide(nil)
	again := start()
	telegram.Push(bbtest.StartJSON(last, ""))
	unknown := func() (n int) {
		n = people + 1
		for _, ev := range api.Events(bb.EventUserStarted) {
			if ev.UserID >= late {
				n--
			}
		}
		return n
	}
	for begun := time.Now(); unknown() > people && time.Since(begun) < patience; time.Sleep(10 * time.Millisecond) {
	}
	for begun := time.Now(); unknown() > 0 && time.Since(begun) < while; time.Sleep(10 * time.Millisecond) {
	}
	again.kill(t)
	return unknown()
}

func environmentOf(shape, webhook string, api *bbtest.Server, telegram *bbtest.Telegram) []string {
	return append(os.Environ(),
		shapeVariable+"="+shape, webhookAddress+"="+webhook,
		"GORACE=atexit_sleep_ms=0", // else os.Exit takes a second, in which events arrive
		"TELEGRAM_API_URL="+telegram.URL, "TELEGRAM_BOT_TOKEN="+telegram.Token,
		bb.EnvEnabled+"=true", bb.EnvBaseURL+"="+api.URL, bb.EnvIntegrationKey+"="+api.Key)
}

// A webhook whose port is taken says so and ends, instead of waiting for ever.
func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, s := range shapes {
		if !s.webhook {
			continue
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = environmentOf("now "+s.name, taken.Addr().String(), bbtest.NewServer(t), bbtest.NewTelegram(t))
		bot := launch(t, cmd)
		if err := bot.wait(t); err != nil || !strings.Contains(bot.output(), "address already in use") {
			t.Errorf("%s: %v, %s", s.name, err, bot.output())
		}
	}
}

// post is Telegram that posts an update to a webhook until it is answered: one of
// telebot answers nothing before its bot has started.
func post(ctx context.Context, url string, body []byte) {
	client := http.Client{Timeout: 5 * time.Second}
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		if answer, err := client.Do(request); err == nil {
			_ = answer.Body.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
