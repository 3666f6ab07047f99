package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

const writesHi = `{"library":"telebot","user":101,"chat":101,"text":"hi"}`

// flushFails delivers now, and wants to hear why that does not work.
func (s *site) flushFails(t *testing.T, want string) {
	t.Helper()
	if status, answer := s.post(t, "flush", `{"library":"telebot"}`); status != http.StatusConflict || strings.TrimSpace(answer) != want {
		t.Errorf("flush: %d %q, want %q", status, answer, want)
	}
}

func TestDeliverNowSaysWhatWaits(t *testing.T) {
	site := openPage(t)
	for mode, want := range map[string]string{
		"down": "1 event left; the client goes on by itself",
		"401":  "1 event left until the API takes the key; nothing is dropped for it",
	} {
		site.do(t, "trouble", `{"mode":%q}`, mode)
		site.do(t, "restart", `{"library":"telebot"}`)
		site.do(t, "say", writesHi)
		site.until(t, "an event waits", func() bool { return site.bots["telebot"].Pending == 1 })
		site.flushFails(t, want)
		site.do(t, "trouble", `{"mode":"ok"}`)
		site.do(t, "flush", `{"library":"telebot"}`)
		site.until(t, "nothing waits", func() bool { return site.bots["telebot"].Pending == 0 })
	}
	site.stop(t)
}

// The client keeps to Retry-After also when the API is up before it is over.
func TestSilence(t *testing.T) {
	site := openPage(t)
	site.do(t, "trouble", `{"mode":"429"}`)
	site.do(t, "say", writesHi)
	site.until(t, "the page knows of the silence", func() bool { return site.bots["telebot"].Silence > 0 })
	const silent = "the API asked for silence; the client keeps to it"
	site.flushFails(t, silent)
	site.do(t, "trouble", `{"mode":"ok"}`)
	site.flushFails(t, silent)
	site.do(t, "restart", `{"library":"telebot"}`)
	site.until(t, "the next process knows of no silence", func() bool {
		b := site.bots["telebot"]
		return b.Process == 2 && b.Silence == 0 && b.Pending == 0 && b.Delivered == 1
	})
	site.stop(t)
}

// An API that is slower than the client is patient has the event before the
// client knows.
func TestSlowAPI(t *testing.T) {
	site := openPage(t)
	site.do(t, "trouble", `{"mode":"ok","delay":10000}`)
	site.do(t, "say", writesHi)
	site.until(t, "the event arrives, and waits", func() bool {
		return site.has("telebot", "activity", page.Arrived) && site.bots["telebot"].Pending == 1 && site.inOutbox("telebot") == 1
	})
	site.do(t, "trouble", `{"mode":"ok"}`)
	site.until(t, "it is delivered", func() bool {
		return site.has("telebot", "activity", page.Delivered) && site.bots["telebot"].Pending == 0
	})
	site.stop(t)
}

func TestTroubleIsShownOnceAndOnlyIfItChanges(t *testing.T) {
	site := openPage(t)
	for _, trouble := range []string{
		`{"mode":"ok"}`, `{"mode":"ok","delay":250}`, `{"mode":"ok","delay":250}`, `{"mode":"ok","delay":0}`,
		`{"mode":"down"}`, `{"mode":"429","delay":500}`, `{"mode":"ok"}`,
	} {
		site.do(t, "trouble", "%s", trouble)
	}
	want := []string{
		"The API takes 250ms to answer.", "The API answers at once again.", "The API is down: it answers 503.",
		"The API answers 429, Retry-After: 10 s, and takes 500ms to answer.", "The API is up, and answers at once again.",
	}
	site.until(t, "the last is shown", func() bool { return site.notice("", want[len(want)-1]) })
	var shown []page.Row
	for _, row := range site.rows {
		if row.Library == "" {
			shown = append(shown, row)
		}
	}
	slices.SortFunc(shown, func(a, b page.Row) int { return int(a.Seq - b.Seq) })
	if !slices.EqualFunc(shown, want, func(row page.Row, want string) bool { return row.Note == want }) {
		t.Errorf("shown %+v, want %q", shown, want)
	}
	site.stop(t)
}

// A parameter is sent if it is a campaign's, and the page says so; what a person pays
// and that they block the bot arrives.
func TestCampaignsPaymentsAndBlocks(t *testing.T) {
	site := openPage(t)
	site.do(t, "say", `{"library":"telebot","user":101,"chat":101,"text":"/start"}`)
	site.until(t, "/start arrives", func() bool { return site.has("telebot", "user_started", page.Delivered) })
	if site.notice("telebot", "Capture.StartParams") {
		t.Error("/start alone has no parameter")
	}
	site.do(t, "say", `{"library":"telebot","user":102,"chat":102,"text":"/start ref_42"}`)
	site.until(t, "the parameter is spoken of", func() bool { return site.notice("telebot", "stays with the bot") })
	site.do(t, "say", `{"library":"telebot","user":103,"chat":103,"text":"/start vk_autumn"}`)
	site.until(t, "the campaign is spoken of", func() bool { return site.notice("telebot", "is sent") })
	site.do(t, "act", `{"library":"telebot","user":103,"act":"pay"}`)
	site.until(t, "the payment arrives", func() bool { return site.has("telebot", "payment_succeeded", page.Delivered) })
	site.do(t, "act", `{"library":"gotelegram","user":103,"act":"refund"}`)
	site.until(t, "the refund arrives", func() bool { return site.has("gotelegram", "payment_refunded", page.Delivered) })
	site.do(t, "act", `{"library":"telebot","user":103,"act":"block"}`)
	site.until(t, "the block arrives", func() bool { return site.has("telebot", "bot_blocked", page.Delivered) })
	site.stop(t)
}
