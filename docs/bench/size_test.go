package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	ours      = "github.com/silverbranch/bb-telegram-analytics-go/"
	bbImport  = `bb "` + ours + `core"` + "\n"
	makeEvent = `client, _ := bb.New(bb.ConfigFromEnv())
		client.For(7, 7).ChoiceMade(bb.Payload{"team_code": "bra"})
		defer client.Close()
		`
)

// programs are what importers may build. Each begins with those whose names its
// name begins with.
var programs = []struct{ name, imports, lines string }{
	{"empty", "", ""},
	{"net-http", `"net/http"`, `http.Get("https://example.com")`},
	{"net-http+bb", bbImport, makeEvent},
	{"net-http+bb+disk", `bbdisk "` + ours + `core/disk"`, `bbdisk.Open("events")`},
	{"telebot", `tele "gopkg.in/telebot.v3"`, `
		bot, _ := tele.NewBot(tele.Settings{Token: "token", Poller: &tele.LongPoller{}})
		bot.Handle("/start", func(c tele.Context) error { return c.Send("Hello!") })
		defer bot.Start()`},
	{"telebot+bb", bbImport + `bbtelebot "` + ours + `telebot"`, makeEvent + `bbtelebot.Attach(bot, client)`},
	{"tgbotapi", `tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"`, `
		api, _ := tgbotapi.NewBotAPI("token")
		updates := api.GetUpdatesChan(tgbotapi.UpdateConfig{Timeout: 30})
		defer func() { api.Send(tgbotapi.NewMessage((<-updates).Message.Chat.ID, "Hello!")) }()`},
	{"tgbotapi+bb", bbImport + `bbtgbotapi "` + ours + `tgbotapi"`, makeEvent + `updates = bbtgbotapi.Tap(client, api, updates)`},
	{"gotelegram", `"context"; "github.com/go-telegram/bot"; "github.com/go-telegram/bot/models"`, `
		b, _ := bot.New("token")
		handle := func(ctx context.Context, b *bot.Bot, _ *models.Update) { b.SendMessage(ctx, &bot.SendMessageParams{}) }
		b.RegisterHandler(bot.HandlerTypeMessageText, "/start", bot.MatchTypePrefix, handle)
		defer b.Start(context.Background())`},
	{"gotelegram+bb", bbImport + `bbgotelegram "` + ours + `gotelegram"`, makeEvent + `
		b.RegisterHandler(bot.HandlerTypeMessageText, "/choose", bot.MatchTypePrefix, bbgotelegram.Wrap(client, handle))`},
}

// BenchmarkSize builds the programs. Each is compared with the one that it adds
// to, or with the empty one.
func BenchmarkSize(b *testing.B) {
	size := map[string]float64{}
	for _, program := range programs {
		b.Run("program="+program.name, func(b *testing.B) {
			base := "empty"
			if plus := strings.LastIndex(program.name, "+"); plus > 0 {
				base = program.name[:plus]
			}
			size[program.name] = build(b, program.name)
			b.ReportMetric(size[program.name], "megabytes")
			b.ReportMetric(size[program.name]-size[base], "megabytes-added")
		})
	}
}

// build returns the size of a program in MB.
func build(b *testing.B, name string) float64 {
	var imports, lines string
	for _, part := range programs {
		if strings.HasPrefix(name, part.name) {
			imports += part.imports + "\n"
			lines += part.lines + "\n"
		}
	}
	dir := b.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "main.exe")
	text := fmt.Sprintf("package main\n\nimport (\n%s)\n\nfunc main() {\n%s}\n", imports, lines)
	check(b, os.WriteFile(source, []byte(text), 0o600))
	// The module at the root has what importers have, in the same versions.
	cmd := exec.Command("go", "build", "-C", "../..", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, source)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s\n%s", err, out, text)
	}
	info, err := os.Stat(binary)
	check(b, err)
	return float64(info.Size()) / 1e6
}
