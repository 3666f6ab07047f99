package telegramsim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/telegramsim"
)

func TestOffsetsConfirmUpdates(t *testing.T) {
	sim, bot := start(t)
	for range 5 {
		bot.SendText(ann, ann.Chat(), "hi")
	}
	equal(t, "no offset", getUpdates(t, sim, 0, 0, 0).updates(t), 1, 2, 3, 4, 5)
	equal(t, "nothing was confirmed", getUpdates(t, sim, 0, 0, 0).updates(t), 1, 2, 3, 4, 5)
	equal(t, "limit", getUpdates(t, sim, 0, 2, 0).updates(t), 1, 2)
	equal(t, "offset", getUpdates(t, sim, id(3), 0, 0).updates(t), 3, 4, 5)
	equal(t, "confirmed is gone", getUpdates(t, sim, 0, 0, 0).updates(t), 3, 4, 5)
	equal(t, "negative offset", getUpdates(t, sim, -1, 0, 0).updates(t), 5)
	equal(t, "a negative offset forgets the rest", getUpdates(t, sim, 0, 0, 0).updates(t), 5)
	equal(t, "all confirmed", getUpdates(t, sim, id(6), 0, 0).updates(t))
}

func TestBatchesHoldAHundred(t *testing.T) {
	sim, bot := start(t)
	for range 130 {
		bot.SendText(ann, ann.Chat(), "hi")
	}
	if n := len(getUpdates(t, sim, 0, 1000, 0).updates(t)); n != 100 {
		t.Errorf("first batch holds %d updates, want 100", n)
	}
	if n := len(getUpdates(t, sim, id(101), 100, 0).updates(t)); n != 30 {
		t.Errorf("second batch holds %d updates, want 30", n)
	}
}

func TestRedeliverIgnoresTheOffsetOnce(t *testing.T) {
	sim, bot := start(t)
	first := bot.SendText(ann, ann.Chat(), "one")
	bot.SendText(ann, ann.Chat(), "two")
	equal(t, "all confirmed", getUpdates(t, sim, id(3), 0, 0).updates(t))

	bot.Redeliver(first)
	again := getUpdates(t, sim, id(3), 0, 0)
	equal(t, "comes again", again.updates(t), 1)
	if want := "[" + string(first.JSON) + "]"; string(again.Result) != want {
		t.Errorf("redelivered %s, want the same bytes %s", again.Result, want)
	}
	equal(t, "unconfirmed", getUpdates(t, sim, 0, 0, 0).updates(t), 1)
	equal(t, "once only", getUpdates(t, sim, id(3), 0, 0).updates(t))
}

// poll starts a long poll; its answer comes through the channel.
func poll(t *testing.T, sim *telegramsim.Server) <-chan reply {
	t.Helper()
	answered := make(chan reply, 1)
	go func() {
		r, err := send(t.Context(), sim.URL()+"/bot"+token+"/getUpdates?timeout=50", "", http.NoBody)
		if err != nil {
			r.Description = err.Error()
		}
		answered <- r
	}()
	return answered
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing arrived in time")
		panic("unreachable")
	}
}

func TestLongPollWaitsForAnUpdate(t *testing.T) {
	sim, bot := start(t)
	answered := poll(t, sim)
	bot.SendText(ann, ann.Chat(), "hi")
	equal(t, "long poll", receive(t, answered).updates(t), 1)
}

func TestSecondPollEndsTheFirst(t *testing.T) {
	sim, bot := start(t)
	answers := []<-chan reply{poll(t, sim), poll(t, sim)}
	var ended reply
	var left <-chan reply
	select { // whichever came first to the server
	case ended = <-answers[0]:
		left = answers[1]
	case ended = <-answers[1]:
		left = answers[0]
	case <-time.After(patience):
		t.Fatal("both polls hang")
	}
	if ended.Status != http.StatusConflict || ended.ErrorCode != http.StatusConflict ||
		!strings.HasPrefix(ended.Description, "Conflict: terminated by other getUpdates request") {
		t.Errorf("the first poll got %+v", ended)
	}
	bot.SendText(ann, ann.Chat(), "hi")
	equal(t, "the second poll", receive(t, left).updates(t), 1)
}

func TestCloseEndsLongPolls(t *testing.T) {
	sim, _ := start(t)
	answers := []<-chan reply{poll(t, sim), poll(t, sim)}
	select { // one has ended the other, so one hangs for certain
	case <-answers[0]:
		answers = answers[1:]
	case <-answers[1]:
	case <-time.After(patience):
		t.Fatal("both polls hang")
	}
	sim.Close()
	if r := receive(t, answers[0]); !r.OK || string(r.Result) != "[]" {
		t.Errorf("Close answered %+v, want no updates", r)
	}
}
