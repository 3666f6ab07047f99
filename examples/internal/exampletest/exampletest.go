// Package exampletest is the test of every example bot: it builds the program,
// talks to it through a simulated Telegram, and looks at what reaches the BB API.
package exampletest

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// ann is the user who writes to the bot, in a private chat.
const ann int64 = 7

// Run tests the bot in the current directory.
func Run(t *testing.T) {
	binary := build(t)
	t.Run("conversation", func(t *testing.T) { conversation(t, binary) })
	t.Run("SIGTERM while events wait", func(t *testing.T) { stopped(t, binary) })
	t.Run("SIGKILL with a folder", func(t *testing.T) { killed(t, binary) })
	t.Run("no token", func(t *testing.T) { noToken(t, binary) })
	t.Run("no integration key", func(t *testing.T) { noKey(t, binary) })
}

// build builds the program in the current directory.
func build(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "program.exe")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

func conversation(t *testing.T, binary string) {
	api := bbtest.NewServer(t)
	api.Setenv()
	bot, telegram := startBot(t, binary)

	choose(t, telegram)
	api.Wait("user_started", 1)
	api.Wait("activity", 1)
	choice := api.Wait("choice_made", 1)[0]
	if choice.UserID != ann || choice.ChatID != ann ||
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
func choose(t *testing.T, telegram *bbtest.Telegram) {
	t.Helper()
	telegram.Push(bbtest.StartJSON(ann, ""))
	sent := telegram.Wait("sendMessage", 1)[0]
	var keyboard struct {
		Rows [][]struct {
			Text string
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	}
	if err := json.Unmarshal([]byte(sent.Params["reply_markup"]), &keyboard); err != nil {
		t.Fatalf("%v: %v", err, sent.Params)
	}
	if len(keyboard.Rows) != 1 || len(keyboard.Rows[0]) != 3 || keyboard.Rows[0][0].Text != "Brazil" {
		t.Fatalf("the bot offers %+v, want three teams", keyboard)
	}
	telegram.Push(bbtest.ButtonJSON(ann, keyboard.Rows[0][0].Data))
	if edited := telegram.Wait("editMessageText", 1)[0]; edited.Params["text"] != "Your team: Brazil" {
		t.Errorf("the bot edited its message to %q", edited.Params["text"])
	}
	telegram.Wait("answerCallbackQuery", 1)
}
