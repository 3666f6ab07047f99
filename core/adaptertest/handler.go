package adaptertest

import (
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// checkHandler checks what does not depend on the kind of update.
func checkHandler(t *testing.T, entry Entry) {
	t.Run("panic", func(t *testing.T) { checkPanic(t, entry) })
	if !entry.NoTracker {
		t.Run("equal choices", func(t *testing.T) { checkEqualChoices(t, entry) })
	}
	t.Run("throttle", func(t *testing.T) { checkThrottle(t, entry) })
}

// checkPanic: a panic of the handler is the bot's own business. It comes out
// as it went in, and the update counts.
func checkPanic(t *testing.T, entry Entry) {
	rec := bbtest.NewRecorder(t)
	mine := new(int)
	receive := entry.New(t, rec.Client(), func(*bb.Tracker) { panic(mine) })
	func() {
		defer func() {
			if got := recover(); got != mine {
				t.Errorf("the handler's panic came out as %v, want it untouched", got)
			}
		}()
		_ = receive(bbtest.StartJSON(alice, ""))
	}()
	rec.Want(bb.EventUserStarted, 1)
	rec.Want(bb.EventActivity, 1)
}

// checkEqualChoices: two equal events of one handler are two, however often
// the update is delivered.
func checkEqualChoices(t *testing.T, entry Entry) {
	rec := bbtest.NewRecorder(t)
	receive := entry.New(t, rec.Client(), func(tracker *bb.Tracker) {
		choose(tracker)
		choose(tracker)
	})
	update := bbtest.StartJSON(alice, "")
	for range 2 {
		if err := receive(update); err != nil {
			t.Fatal(err)
		}
	}
	rec.Want(bb.EventChoiceMade, 2)
}

// checkThrottle: two updates of one person are one activity, and both starts
// count.
func checkThrottle(t *testing.T, entry Entry) {
	rec := bbtest.NewRecorder(t)
	receive := entry.New(t, rec.Client(), func(*bb.Tracker) {})
	for range 2 {
		if err := receive(bbtest.StartJSON(alice, "")); err != nil {
			t.Fatal(err)
		}
	}
	rec.Want(bb.EventUserStarted, 2)
	rec.Want(bb.EventActivity, 1)
}
