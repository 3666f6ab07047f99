package bbtest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Telegram is a [BotAPI] on loopback for the time of a test, and the side of its
// only bot: other tokens are answered with 401.
type Telegram struct {
	URL   string // instead of https://api.telegram.org
	Token string // of the bot
	*Bot

	tb testing.TB
}

// NewTelegram starts a Telegram that is stopped at the end of the test. Its bot
// is @test_bot.
func NewTelegram(tb testing.TB) *Telegram {
	tb.Helper()
	const token = "42:a-secret-just-as-long-as-a-real-one" // some libraries check the length
	api := NewBotAPI()
	api.only = token
	return &Telegram{URL: serve(tb, api), Token: token, Bot: api.Bot(token), tb: tb}
}

// Push is [Bot.Push]; it ends the test if this is not an update.
func (t *Telegram) Push(raw []byte) {
	t.tb.Helper()
	if err := t.Bot.Push(raw); err != nil {
		t.tb.Fatal(err)
	}
}

// Wait returns the calls of a method once there are at least n. It ends the test
// if there are not within 10 s; the failure shows which calls there were.
func (t *Telegram) Wait(method string, n int) []Call {
	t.tb.Helper()
	deadline := time.NewTimer(waitTimeout)
	defer deadline.Stop()
	for {
		calls, changed := t.callsAnd(method)
		if len(calls) >= n {
			return calls
		}
		select {
		case <-changed:
		case <-deadline.C:
			var made strings.Builder
			for _, call := range t.Calls("") {
				fmt.Fprintf(&made, "\n  %s %v", call.Method, call.Params)
			}
			t.tb.Fatalf("bbtest: want %d calls of %s, got %d within %v; calls of the bot:%s", n, method, len(calls), waitTimeout, &made)
		}
	}
}
