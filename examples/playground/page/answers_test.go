package page_test

import (
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// The page says of people and choices what a dashboard would.
func TestAnswers(t *testing.T) {
	board := newBoard()
	url := serve(t, board, nil)
	counted := func(name string, user int64, payload bb.Payload) {
		board.Requested("telebot", request(bb.Event{Name: name, UserID: user, Payload: payload}, 200, ""))
	}
	for range 2 {
		counted("user_started", 1, nil)
		counted("activity", 1, nil)
	}
	counted("activity", 2, nil)
	counted("activity", 0, nil) // of nobody
	counted("choice_made", 1, bb.Payload{"team_code": "arg", "handler": "choice"})
	counted("choice_made", 2, bb.Payload{"team_code": "bra"})
	counted("choice_made", 2, bb.Payload{"team_code": "bra", "source": "x"})
	counted("order_paid", 2, bb.Payload{"amount": 250})
	board.Requested("telebot", request(bb.Event{Name: "user_started", UserID: 3}, 503, ""))

	shown, _ := look(t, url)
	got := shown.Answers
	if got.Started != 1 || got.Active != 2 || got.Total != 10 {
		t.Errorf("answers %+v, want 1 started, 2 active, 10 events", got)
	}
	if len(got.Choices) != 2 || got.Choices[0] != (page.Count{Name: "bra", N: 2}) || got.Choices[1] != (page.Count{Name: "arg", N: 1}) {
		t.Errorf("choices %+v", got.Choices)
	}
	if len(got.Others) != 1 || got.Others[0] != (page.Count{Name: "order_paid", N: 1}) {
		t.Errorf("others %+v", got.Others)
	}
}
