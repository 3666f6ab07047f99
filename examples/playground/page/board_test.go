package page_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

func TestEventsThatNeverArrive(t *testing.T) {
	board := newBoard()
	url := serve(t, board, nil)
	refused, old := event("order_paid", "1"), event("order_lost", "2")
	board.Accepted("telebot", refused)
	board.Requested("telebot", request(refused, 422, "payload is not flat"))
	board.GaveUp("telebot", refused, bb.DropRefused)
	board.Accepted("telebot", old)
	board.GaveUp("telebot", old, bb.DropExpired)
	for range 3 {
		board.HeldBack("telebot", bb.Event{Name: "activity", UserID: 101, ChatID: 101}, page.Throttled, "why")
	}
	board.HeldBack("telebot", bb.Event{Name: "activity", UserID: 102, ChatID: 102}, page.Throttled, "why")
	board.Happened("telebot", "The API is down.")

	shown, _ := look(t, url)
	want := []string{
		"refused order_paid 422 payload is not flat", "given up order_lost dropped: expired",
		"throttled activity why", "throttled activity why", "notice  The API is down.",
	}
	for i, row := range shown.Rows {
		if got := strings.Join([]string{row.Status, row.Name, row.Note}, " "); got != want[i] {
			t.Errorf("row %d is %q, want %q", i, got, want[i])
		}
	}
	if len(shown.Rows) != len(want) || shown.Answers.Total != 0 {
		t.Errorf("%d rows, want %d; answers %+v", len(shown.Rows), len(want), shown.Answers)
	}
	if first, second := shown.Rows[2], shown.Rows[3]; first.Times != 3 || second.Times != 1 {
		t.Errorf("what was held back of two people is counted %d and %d times, want 3 and 1", first.Times, second.Times)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	board := newBoard()
	url := serve(t, board, nil)
	for i := range 700 {
		ev := event(fmt.Sprintf("event_%d", i), fmt.Sprint(i))
		ev.Payload = bb.Payload{"text": strings.Repeat("long ", 10_000)}
		board.Accepted("telebot", ev)
		board.Requested("telebot", request(ev, 200, ""))
	}
	for i := range 1000 {
		board.ShowMessage(page.Message{Library: "telebot", Chat: 101, ID: i, User: 101})
		board.Logged(page.Line{Library: "telebot", Text: strings.Repeat("long ", 10_000)})
	}

	shown, data := look(t, url)
	if n := len(shown.Rows); n != 500 || shown.Rows[n-1].Name != "event_699" || shown.Rows[0].Name != "event_200" {
		t.Errorf("%d rows, want the newest 500", n)
	}
	if n := len(shown.Messages); n != 300 || shown.Messages[n-1].ID != 999 {
		t.Errorf("%d messages, want the newest 300", n)
	}
	if n := len(shown.Lines); n != 200 {
		t.Errorf("%d lines of the log, want the newest 200", n)
	}
	if n, total := len(shown.Answers.Others), shown.Answers.Total; n > 50 || total != 700 {
		t.Errorf("%d names are counted, %d events", n, total)
	}
	if len(data) > 2<<20 {
		t.Errorf("the snapshot has %d bytes", len(data))
	}
}

// An answer may quote what a bot has sent.
func TestNotesAreBounded(t *testing.T) {
	board := newBoard()
	url := serve(t, board, nil)
	board.Requested("telebot", request(event("order_paid", "1"), 422, strings.Repeat("long ", 10_000)))
	if shown, _ := look(t, url); len(shown.Rows[0].Note) > 2000 {
		t.Errorf("the note has %d bytes", len(shown.Rows[0].Note))
	}
}

func TestChatShowsEdits(t *testing.T) {
	board := newBoard()
	url := serve(t, board, nil)
	hello := page.Message{Library: "telebot", Chat: 101, ID: 1, User: 101, Text: "/start"}
	question := page.Message{
		Library: "telebot", Chat: 101, ID: 2, Text: "Which team?", Buttons: [][]page.Button{{{Text: "Brazil", Data: "bra"}}},
	}
	board.ShowMessage(hello)
	board.ShowMessage(question)

	p := open(t, url)
	var shown snapshot
	p.next("snapshot", &shown)
	if !reflect.DeepEqual(shown.Messages, []page.Message{hello, question}) {
		t.Errorf("messages %+v", shown.Messages)
	}

	question.Text, question.Edited, question.Buttons = "Your team: Brazil", true, nil
	board.ShowMessage(question)
	var edited page.Message
	if p.next("message", &edited); !reflect.DeepEqual(edited, question) {
		t.Errorf("the edit is shown as %+v", edited)
	}
	if shown, _ := look(t, url); len(shown.Messages) != 2 || !shown.Messages[1].Edited {
		t.Errorf("after the edit: %+v", shown.Messages)
	}
}
