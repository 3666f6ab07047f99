package page_test

import (
	"slices"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// story is a board on which one event of telebot lives.
type story struct {
	*page.Board
	t   *testing.T
	url string
	ev  bb.Event
}

func newStory(t *testing.T) story {
	board := newBoard()
	return story{board, t, serve(t, board, nil), event("choice_made", "be6ca8c4-0000-4000-8000-000000000000")}
}

// asks makes a request that the API answers, and the client hears it.
func (s story) asks(status int) {
	r := request(s.ev, status, "")
	s.Requested("telebot", r)
	s.Ended("telebot", r, status != 0)
}

// repeats is a request with an event that the API has.
func (s story) repeats(answered bool) {
	r := request(s.ev, 200, "")
	r.Repeat = true
	s.Requested("telebot", r)
	s.Ended("telebot", r, answered)
}

// is wants the event to have one row, which says this.
func (s story) is(status, note string, pending, attempts int) {
	s.t.Helper()
	shown, _ := look(s.t, s.url)
	row := shown.Rows[0]
	if len(shown.Rows) != 1 || row.Status != status || row.Note != note || row.Pending != pending || row.Attempts != attempts {
		s.t.Fatalf("%d rows, the first %+v; want one: %s (%s), %d in the outbox, %d attempts", len(shown.Rows), row, status, note, pending, attempts)
	}
}

func TestLifeOfAnEvent(t *testing.T) {
	s := newStory(t)
	s.Accepted("telebot", s.ev)
	s.is(page.Waiting, "", 1, 0)
	s.asks(503)
	s.is(page.Waiting, "503 Service Unavailable", 1, 1)
	s.asks(0)
	s.is(page.Waiting, "connection cut", 1, 2)
	s.asks(200)
	s.is(page.Delivered, "", 0, 3)

	shown, _ := look(t, s.url)
	row := shown.Rows[0]
	if row.Library != "telebot" || row.Name != "choice_made" || row.UserID != 101 || row.ChatID != 101 ||
		row.Payload != `{"team_code":"bra"}` || row.Key != s.ev.IdempotencyKey || row.Delay == nil || *row.Delay < 1000 {
		t.Errorf("row %+v", row)
	}
	var answers []string
	for _, try := range row.Tries {
		answers = append(answers, try.Answer)
	}
	if want := []string{"503 Service Unavailable", "connection cut", "200 OK"}; !slices.Equal(answers, want) {
		t.Errorf("tries %q, want %q", answers, want)
	}
	if got := shown.Answers; got.Total != 1 || len(got.Choices) != 1 || got.Choices[0] != (page.Count{Name: "bra", N: 1}) {
		t.Errorf("answers %+v", got)
	}
}

// Killed before it confirmed the update, a bot has its event twice on disk.
func TestEventOfTwoProcesses(t *testing.T) {
	s := newStory(t)
	s.Accepted("telebot", s.ev)
	s.asks(503)
	s.Accepted("telebot", s.ev) // by the next process
	s.is(page.Waiting, "in the outbox ×2", 2, 1)
	s.asks(200)
	s.is(page.Delivered, "in the outbox ×1", 1, 2)
	s.asks(503)
	s.is(page.Delivered, "in the outbox ×1; 503 Service Unavailable", 1, 3)
	shown, _ := look(t, s.url)
	delay := *shown.Rows[0].Delay
	s.repeats(true)
	s.is(page.Delivered, "again ×1: counted once", 0, 4)
	s.Accepted("telebot", s.ev) // by a third, much later
	s.repeats(true)
	s.is(page.Delivered, "again ×2: counted once", 0, 5)
	if shown, _ = look(t, s.url); shown.Answers.Total != 1 || *shown.Rows[0].Delay != delay {
		t.Errorf("a repeat was counted: %+v, or changed the delay", shown.Answers)
	}
}

// An API that is slower than the client is patient.
func TestEventThatArrivesUnanswered(t *testing.T) {
	s := newStory(t)
	s.Accepted("telebot", s.ev)
	first := request(s.ev, 200, "")
	s.Requested("telebot", first)
	s.is(page.Arrived, "not answered yet", 1, 1)
	if shown, _ := look(t, s.url); shown.Answers.Total != 1 {
		t.Errorf("what arrived is not counted: %+v", shown.Answers)
	}
	s.Ended("telebot", first, false)
	s.is(page.Arrived, "the client got no answer and will send it again", 1, 1)
	s.repeats(false)
	s.is(page.Arrived, "again ×1: counted once; the client got no answer and will send it again", 1, 2)
	s.asks(503)
	s.is(page.Arrived, "again ×1: counted once; 503 Service Unavailable", 1, 3)
	s.repeats(true)
	s.is(page.Delivered, "again ×2: counted once", 0, 4)
}

// A refusal is final when the client has heard it.
func TestRefusalThatIsNotHeard(t *testing.T) {
	s := newStory(t)
	s.Accepted("telebot", s.ev)
	refusal := request(s.ev, 422, "")
	s.Requested("telebot", refusal)
	s.Ended("telebot", refusal, false)
	s.is(page.Waiting, "422 Unprocessable Entity", 1, 1)
	s.asks(422)
	s.GaveUp("telebot", s.ev, bb.DropRefused)
	s.is(page.Refused, "422 Unprocessable Entity", 0, 2)
}

// Of a bot that is not the playground's nothing is seen but its requests.
func TestEventOfAnUnknownClient(t *testing.T) {
	s := newStory(t)
	s.asks(503)
	s.is(page.NotTaken, "503 Service Unavailable", 0, 1)
	s.asks(200)
	s.is(page.Delivered, "", 0, 2)
}
