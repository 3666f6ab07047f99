package exampletest

import (
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
)

// people write to the bot shortly before its end. Each of them starts it and is
// active.
const people = 30

func down(bbtest.Request) bbtest.Answer { return bbtest.Answer{Status: 503} }

// meet lets people write to the bot, and returns when it has answered them all:
// it has accepted their events then. The first comes alone: telego takes its time
// for the first answer, and more for several at once.
func meet(telegram *bbtest.Telegram) {
	telegram.Push(bbtest.StartJSON(ann, ""))
	telegram.Wait("sendMessage", 1)
	for user := range int64(people - 1) {
		telegram.Push(bbtest.StartJSON(ann+1+user, ""))
	}
	telegram.Wait("sendMessage", people)
}

// nothingIsLost wants each event of those people at the API, and once.
func nothingIsLost(t *testing.T, api *bbtest.Server) {
	t.Helper()
	for _, name := range []string{bb.EventUserStarted, bb.EventActivity} {
		if got := api.Events(name); len(got) != people {
			t.Errorf("%d %s arrived, want %d", len(got), name, people)
		}
	}
}

// stopped ends the bot as Docker and systemd do, while everything waits.
func stopped(t *testing.T, binary string) {
	api := bbtest.NewServer(t)
	api.Setenv()
	api.Decide(down)
	bot, telegram := startBot(t, binary)
	meet(telegram)
	time.AfterFunc(time.Second/2, func() { api.Decide(nil) })
	bot.stop(t)
	nothingIsLost(t, api)
}

// killed ends the bot as a lack of memory does, and starts it again.
func killed(t *testing.T, binary string) {
	t.Setenv(bbdisk.EnvDir, t.TempDir())
	api := bbtest.NewServer(t)
	api.Setenv()
	api.Decide(down)
	bot, telegram := startBot(t, binary)
	meet(telegram)
	bot.kill(t)
	api.Decide(nil)
	bot, _ = startBot(t, binary)
	api.Wait(bb.EventUserStarted, people)
	api.Wait(bb.EventActivity, people)
	bot.stop(t)
	nothingIsLost(t, api)
}
