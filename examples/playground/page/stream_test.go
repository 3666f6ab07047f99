package page_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

func TestStreamIsASnapshotAndThenChanges(t *testing.T) {
	board := newBoard()
	url := serve(t, board, nil)
	board.SetAPI(page.API{Mode: "down"})
	board.SetBot(page.NewBot("telebot", 1, true, bb.Stats{Received: 2, Pending: 2}))
	board.Happened("telebot", "before")

	p := open(t, url)
	var shown snapshot
	p.next("snapshot", &shown)
	if len(shown.Rows) != 1 || shown.Rows[0].Note != "before" || shown.API.Mode != "down" || shown.Bots[0].Pending != 2 {
		t.Errorf("snapshot %+v", shown)
	}

	board.Happened("telebot", "after")
	var row page.Row
	if p.next("row", &row); row.Note != "after" {
		t.Errorf("row %+v", row)
	}
	board.SetBot(page.NewBot("telebot", 1, true, bb.Stats{Received: 2, Pending: 2})) // no change
	board.SetBot(page.NewBot("telebot", 1, true, bb.Stats{Received: 2, Delivered: 2}))
	var bot page.Bot
	if p.next("bot", &bot); bot.Delivered != 2 || bot.Pending != 0 {
		t.Errorf("bot %+v", bot)
	}
	board.SetAPI(page.API{Mode: "ok", Delay: 250})
	var api page.API
	if p.next("api", &api); api != (page.API{Mode: "ok", Delay: 250}) {
		t.Errorf("api %+v", api)
	}

	board.Close()
	if data := p.next("", nil); data != "" {
		t.Errorf("after Close came %s", data)
	}
	if status, _ := send(t, http.MethodGet, url+"/stream", ""); status != http.StatusServiceUnavailable {
		t.Errorf("a page that opens after Close gets %d", status)
	}
}

func TestPagesAreBounded(t *testing.T) {
	board := newBoard()
	url := serve(t, board, nil)
	for range 32 {
		look(t, url) // each stays open until the test ends
	}
	status, answer := send(t, http.MethodGet, url+"/stream", "")
	if status != http.StatusServiceUnavailable || !strings.Contains(answer, "close some") {
		t.Errorf("one page too many gets %d, %s", status, answer)
	}
}

// A page that does not read holds up nobody, and is cut off.
func TestSlowPageIsCutOff(t *testing.T) {
	board := newBoard()
	reading, ended := &slowPage{begun: make(chan struct{}), release: make(chan struct{})}, make(chan struct{})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/stream", nil)
	handler := page.New(board, nil, "")
	go func() {
		defer close(ended)
		handler.ServeHTTP(reading, r)
	}()
	<-reading.begun
	for range 5000 {
		board.Happened("telebot", "something")
	}
	close(reading.release)
	<-ended
}

// slowPage does not take anything until it is released.
type slowPage struct {
	begun, release chan struct{}
	writing        bool
}

func (p *slowPage) Header() http.Header { return http.Header{} }
func (p *slowPage) WriteHeader(int)     {}
func (p *slowPage) Flush()              {}
func (p *slowPage) Write(data []byte) (int, error) {
	if !p.writing {
		p.writing = true
		close(p.begun)
	}
	<-p.release
	return len(data), nil
}

// Encoded as it is, no data can end the script or the element that holds it.
func TestMarkupStaysText(t *testing.T) {
	board := newBoard()
	url := serve(t, board, nil)
	const attack = "</script><img src=x onerror=alert(1)>\u2028"
	ev := event(attack, attack)
	ev.Payload = bb.Payload{"text": attack}
	board.Accepted("telebot", ev)
	board.Requested("telebot", request(ev, 422, attack))
	shown, data := look(t, url)
	if strings.ContainsAny(data, "<>\u2028") {
		t.Errorf("the snapshot holds markup: %s", data)
	}
	if shown.Rows[0].Name != attack || !strings.Contains(shown.Rows[0].Note, attack) {
		t.Errorf("the text did not arrive as it was: %+v", shown.Rows[0])
	}
}

// A silence is a process's: the next one has not heard of it.
func TestSilenceEndsWithItsProcess(t *testing.T) {
	board := newBoard()
	bot := page.NewBot("telebot", 1, true, bb.Stats{Received: 1, Pending: 1})
	board.SetBot(bot)
	asked := request(event("choice_made", "1"), 429, "")
	asked.RetryAfter = "3600"
	board.Requested("telebot", asked)
	board.Ended("telebot", asked, false)
	if board.Silent("telebot") {
		t.Error("the client keeps a silence that it did not hear of")
	}
	board.Ended("telebot", asked, true)
	board.SetBot(bot)
	if !board.Silent("telebot") || board.Silent("your bot") {
		t.Errorf("silent: telebot %v, your bot %v; want telebot alone", board.Silent("telebot"), board.Silent("your bot"))
	}
	bot.Process = 2
	if board.SetBot(bot); board.Silent("telebot") {
		t.Error("the next process is silent too")
	}
}
