// Package exampletest is the test of every example bot: it builds the program,
// talks to it through a simulated Telegram, and looks at what reaches the BB API.
package exampletest

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/telegramsim"
)

const (
	token    = "1001:a-secret-just-as-long-as-a-real-one" // some libraries check the length
	patience = 15 * time.Second                           // deadline of whatever is awaited
)

var ann = telegramsim.User{ID: 7, FirstName: "Ann"}

// Run tests the bot in the current directory.
func Run(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "bot.exe")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	t.Run("conversation", func(t *testing.T) { conversation(t, binary) })
	t.Run("no token", func(t *testing.T) { noToken(t, binary) })
	t.Run("no integration key", func(t *testing.T) { noKey(t, binary) })
}

func conversation(t *testing.T, binary string) {
	api := bbtest.NewServer(t)
	api.Setenv()
	bot, telegram := startBot(t, binary)

	choose(t, telegram)
	api.Wait("user_started", 1)
	api.Wait("activity", 1)
	choice := api.Wait("choice_made", 1)[0]
	if choice.UserID != ann.ID || choice.ChatID != ann.ID ||
		choice.Payload["team_code"] != "bra" || choice.Payload["handler"] != "choice" || len(choice.Payload) != 2 {
		t.Errorf("choice_made is %+v", choice)
	}

	bot.stop(t)
	for _, name := range []string{"user_started", "activity", "choice_made"} {
		if events := api.Events(name); len(events) != 1 {
			t.Errorf("%d %s, want 1: %v", len(events), name, events)
		}
	}
	for _, request := range api.Requests() {
		if request.Fault != "" {
			t.Errorf("the API refused %s: %s", request.Body, request.Fault)
		}
	}
}

func noToken(t *testing.T, binary string) {
	t.Setenv("TELEGRAM_BOT_TOKEN", "")
	out, err := exec.Command(binary).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "TELEGRAM_BOT_TOKEN") {
		t.Errorf("without a token: %v, %q", err, out)
	}
}

func noKey(t *testing.T, binary string) {
	t.Setenv("BB_ANALYTICS_ENABLED", "true")
	t.Setenv("BB_INTEGRATION_KEY", "")
	bot, telegram := startBot(t, binary)
	choose(t, telegram)
	bot.stop(t)
	if out := bot.output(); !strings.Contains(out, "analytics off") || !strings.Contains(out, "BB_INTEGRATION_KEY") {
		t.Errorf("the bot does not say why analytics is off:\n%s", out)
	}
}

// choose writes /start to the bot and presses Brazil under its answer.
func choose(t *testing.T, telegram *telegramsim.Bot) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	telegram.SendText(ann, ann.Chat(), "/start")
	sent, err := telegram.Await(ctx, telegramsim.SentTo(ann.ID))
	if err != nil {
		t.Fatal(err)
	}
	brazil, ok := sent.Message.Button("Brazil")
	if !ok || len(sent.Message.ReplyMarkup.Rows[0]) != 3 {
		t.Fatalf("the bot offers %+v, want three teams", sent.Message.ReplyMarkup)
	}
	if _, err := telegram.Press(ann, *sent.Message, brazil.Data); err != nil {
		t.Fatal(err)
	}
	edited, err := telegram.Await(ctx, telegramsim.EditedIn(ann.ID))
	if err != nil {
		t.Fatal(err)
	}
	if edited.Message.Text != "Your team: Brazil" {
		t.Errorf("the bot edited its message to %q", edited.Message.Text)
	}
	answered := func(c telegramsim.Call) bool { return c.Method == "answerCallbackQuery" }
	if _, err := telegram.Await(ctx, answered); err != nil {
		t.Error(err)
	}
}
