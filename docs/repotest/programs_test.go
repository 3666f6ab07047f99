package repotest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// toTelegram sends the programs of the pages to the Telegram of a test.
var toTelegram = strings.NewReplacer(
	`tele.Settings{`, `tele.Settings{URL: os.Getenv("TELEGRAM_API_URL"),`,
	`tgbotapi.NewBotAPI(os.Getenv("TELEGRAM_BOT_TOKEN"))`,
	`tgbotapi.NewBotAPIWithAPIEndpoint(os.Getenv("TELEGRAM_BOT_TOKEN"), os.Getenv("TELEGRAM_API_URL")+"/bot%s/%s")`,
	`bot.New(os.Getenv("TELEGRAM_BOT_TOKEN"),`, `bot.New(os.Getenv("TELEGRAM_BOT_TOKEN"), bot.WithServerURL(os.Getenv("TELEGRAM_API_URL")),`,
)

// A whole program on a page, taken as it stands, counts who starts the bot, who is
// active and what people choose, and delivers all of it when it gets SIGTERM.
func TestProgramsRun(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs each program")
	}
	for _, p := range pages(t, "docs/telebot.md", "docs/tgbotapi.md", "docs/gotelegram.md", "docs/prompts") {
		for _, b := range p.blocks {
			if b.lang == "go" && b.file == "" && strings.HasPrefix(b.code, "package main\n") {
				t.Run(p.path, func(t *testing.T) {
					t.Parallel()
					dir := newModule(t, map[string]string{"main.go": toTelegram.Replace(b.code)})
					binary := filepath.Join(dir, "mybot.exe")
					goCommand(t, dir, "build", "-o", binary, ".")
					runProgram(t, binary)
				})
			}
		}
	}
}

func runProgram(t *testing.T, binary string) {
	api, telegram := bbtest.NewServer(t), bbtest.NewTelegram(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	program := exec.CommandContext(ctx, binary)
	program.Env = append(os.Environ(), "TELEGRAM_API_URL="+telegram.URL, "TELEGRAM_BOT_TOKEN="+telegram.Token,
		bb.EnvEnabled+"=true", bb.EnvBaseURL+"="+api.URL, bb.EnvIntegrationKey+"="+api.Key)
	var log bytes.Buffer
	program.Stdout, program.Stderr = &log, &log
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	telegram.Push(bbtest.StartJSON(7, ""))
	telegram.Wait("sendMessage", 1)
	api.Decide(func(bbtest.Request) bbtest.Answer { return bbtest.Answer{Status: 503} })
	telegram.Push(bbtest.TextJSON(7, "/brazil"))
	telegram.Wait("sendMessage", 2)
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(time.Second/2, func() { api.Decide(nil) }) // while it stops
	if err := program.Wait(); err != nil {
		t.Errorf("after SIGTERM it ended with %v:\n%s", err, &log)
	}
	for _, name := range []string{bb.EventUserStarted, bb.EventActivity, bb.EventChoiceMade} {
		if got := api.Events(name); len(got) != 1 || got[0].UserID != 7 {
			t.Errorf("%s: %v, want one of user 7; the program wrote\n%s", name, got, &log)
		}
	}
}
