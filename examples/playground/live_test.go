package main

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// Each library's bot through the page's commands: a conversation, an outage, a
// kill in the middle of it, and a redelivery.
func TestLiveBots(t *testing.T) {
	site := openPage(t)
	for _, library := range libraries {
		t.Run(library.name, func(t *testing.T) { conversation(t, site, library.name) })
	}
	out := site.stop(t)
	for _, want := range []string{"telebot", "tgbotapi", "gotelegram", "Nothing is left waiting."} {
		if !strings.Contains(out, want) {
			t.Errorf("the summary lacks %q:\n%s", want, out)
		}
	}
}

func conversation(t *testing.T, site *site, library string) {
	site.do(t, "say", `{"library":%q,"user":101,"chat":101,"text":"/start"}`, library)
	site.until(t, "the first events arrive", func() bool {
		return site.has(library, "user_started", page.Delivered) && site.has(library, "activity", page.Delivered)
	})
	site.until(t, "its log says so", func() bool {
		return slices.ContainsFunc(site.lines, func(l page.Line) bool {
			return l.Library == library && l.Level == "INFO" && l.Text == "bb: first event delivered"
		})
	})
	question := site.message(t, library, "Hello! Which team are you for?")
	site.do(t, "press", `{"library":%q,"user":101,"chat":101,"message":%d,"data":%q}`,
		library, question.ID, question.Buttons[0][0].Data)
	site.until(t, "the choice arrives, and no second activity", func() bool {
		return site.has(library, "choice_made", page.Delivered) && site.has(library, "activity", page.Throttled)
	})
	for _, row := range site.rows {
		if row.Library == library && row.Status == page.Throttled && (row.UserID != 101 || row.ChatID != 101) {
			t.Errorf("it is not shown whose activity was throttled: %+v", row)
		}
	}
	site.message(t, library, "Your team: Brazil")

	site.do(t, "trouble", `{"mode":"down"}`)
	site.do(t, "say", `{"library":%q,"user":102,"chat":-200,"text":"/start"}`, library)
	site.until(t, "two events wait", func() bool {
		return site.bots[library].Pending == 2 && site.inOutbox(library) == 2 && site.has(library, "user_started", page.Waiting)
	})
	site.do(t, "restart", `{"library":%q,"unconfirmed":true}`, library)
	site.until(t, "the next process finds them, and the rows say how many wait", func() bool {
		b := site.bots[library]
		return b.Process == 2 && b.Recovered == 2 && b.Received > 0 && site.inOutbox(library) == b.Pending
	})
	for _, want := range []string{"may come again within the minute", "Process 2 started, its counters at 0"} {
		site.until(t, want, func() bool { return site.notice(library, want) })
	}
	site.do(t, "trouble", `{"mode":"ok"}`)
	site.do(t, "flush", `{"library":%q}`, library)
	site.until(t, "nothing waits, and what came twice counted once", func() bool {
		b := site.bots[library]
		return b.Pending == 0 && b.Received+b.Recovered == b.Delivered && site.inOutbox(library) == 0 && site.cameAgain(library, "user_started")
	})

	if library == "tgbotapi" {
		return // drops what it has seen before anybody else sees it
	}
	site.do(t, "redeliver", `{"library":%q}`, library)
	site.until(t, "it is said whose update comes again", func() bool {
		return site.notice(library, `last update again: Boris wrote "/start"`)
	})
	before := site.bots[library].Received
	site.do(t, "say", `{"library":%q,"user":103,"chat":103,"text":"hi"}`, library)
	site.until(t, "the next person is active", func() bool { return site.bots[library].Received > before })
	if got := site.bots[library].Received - before; got != 1 {
		t.Errorf("%s: %d events, want none of what came again and one of the next person", library, got)
	}
}

func TestRefusedEventsAreGivenUp(t *testing.T) {
	site := openPage(t)
	site.do(t, "trouble", `{"mode":"422"}`)
	site.do(t, "say", `{"library":"telebot","user":101,"chat":101,"text":"hi"}`)
	site.until(t, "the event is refused", func() bool {
		return site.has("telebot", "activity", page.Refused) && site.bots["telebot"].Dropped == 1
	})
	site.stop(t)
}

// Ctrl-C in the middle of an outage delivers what waits.
func TestStopInTrouble(t *testing.T) {
	for _, trouble := range []string{`{"mode":"down"}`, `{"mode":"ok","delay":10000}`} {
		site := openPage(t)
		site.do(t, "trouble", "%s", trouble)
		site.do(t, "say", `{"library":"telebot","user":101,"chat":101,"text":"hi"}`)
		site.until(t, "the event waits", func() bool { return site.bots["telebot"].Pending == 1 })
		if out := site.stop(t); !strings.Contains(out, "Nothing is left waiting.") {
			t.Errorf("after %s:\n%s", trouble, out)
		}
	}
}

func TestOwnBot(t *testing.T) {
	site := openPage(t)
	client, err := bb.New(bb.Config{Enabled: true, BaseURL: site.api, IntegrationKey: "playground"})
	if err != nil {
		t.Fatal(err)
	}
	update, err := bb.UpdateFromJSON(bbtest.StartJSON(7, ""), 1, "own_bot")
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Check(t.Context()); err != nil {
		t.Error(err)
	}
	client.Observe(update).ChoiceMade(bb.Payload{"team_code": "bra"})
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	site.until(t, "its events are shown", func() bool {
		return site.has(ownBot, "user_started", page.Delivered) && site.has(ownBot, "choice_made", page.Delivered)
	})
	if !site.has(ownBot, "", page.Notice) || site.has(ownBot, "", page.Refused) {
		t.Errorf("the check of the key is not shown as such: %+v", site.rows)
	}
	if out := site.stop(t); !strings.Contains(out, ownBot) {
		t.Errorf("the summary lacks the bot:\n%s", out)
	}
}

// A bot of one's own, on a made-up token, is tried whole: written to, pressed,
// answered, and its events are shown.
func TestOwnBotOnOwnTelegram(t *testing.T) {
	site := openPage(t)
	const writes = `{"library":"your bot","user":101,"chat":101,"text":"/start"}`
	if status, answer := site.post(t, "say", writes); status != http.StatusConflict || !strings.Contains(answer, "not called this Telegram yet") {
		t.Errorf("before the bot is there: %d %s", status, answer)
	}
	client, err := bb.New(bb.Config{Enabled: true, BaseURL: site.api, IntegrationKey: "playground"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- runGotelegram(ctx, site.telegram, "77:made-up", client) }()
	site.until(t, "the bot has called", func() bool { return site.notice(ownBot, "has called this Telegram") })

	site.do(t, "say", "%s", writes)
	question := site.message(t, ownBot, "Hello! Which team are you for?")
	site.do(t, "press", `{"library":"your bot","user":101,"chat":101,"message":%d,"data":%q}`, question.ID, question.Buttons[0][1].Data)
	site.message(t, ownBot, "Your team: Argentina")
	site.until(t, "its events are shown", func() bool {
		return site.has(ownBot, "user_started", page.Delivered) && site.has(ownBot, "choice_made", page.Delivered)
	})
	site.do(t, "redeliver", `{"library":"your bot"}`)
	if status, answer := site.post(t, "restart", `{"library":"your bot"}`); status != http.StatusConflict || !strings.Contains(answer, "a process of its own") {
		t.Errorf("a bot that is not the playground's is restarted: %d %s", status, answer)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	site.stop(t)
}

// The page writes to the bot that called last, though another was there meanwhile.
func TestOwnBotAfterAnother(t *testing.T) {
	site := openPage(t)
	call := func(token string) string {
		t.Helper()
		answer, err := http.Get(site.telegram + "/bot" + token + "/getUpdates?timeout=0")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, token := range []string{"77:mine", "78:other", "77:mine"} {
		call(token)
	}
	site.do(t, "say", `{"library":"your bot","user":101,"chat":101,"text":"hi"}`)
	if got := call("77:mine"); !strings.Contains(got, `"hi"`) {
		t.Errorf("the bot got %s", got)
	}
	site.stop(t)
}

func TestActionsSayWhatIsWrong(t *testing.T) {
	site := openPage(t)
	tests := []struct{ name, command, want string }{
		{"say", `{"library":"aiogram","text":"hi"}`, "no bot"},
		{"say", `{"library":"telebot","user":7,"text":"hi"}`, "nobody"},
		{"say", `{"library":"telebot","user":101,"chat":102,"text":"hi"}`, "not in a chat"},
		{"press", `{"library":"telebot","user":101,"chat":101,"message":9,"data":"bra"}`, "gone"},
		{"redeliver", `{"library":"telebot"}`, "write to it first"},
	}
	for _, test := range tests {
		if status, answer := site.post(t, test.name, test.command); status != http.StatusConflict || !strings.Contains(answer, test.want) {
			t.Errorf("%s %s: %d %s, want %q", test.name, test.command, status, answer, test.want)
		}
	}
	site.stop(t)
}
