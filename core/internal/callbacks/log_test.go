package callbacks

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// hanging is a handler that hangs when it is asked for a level the second time.
type hanging struct {
	slog.Handler
	asked *int
	hang  chan struct{}
}

func (h hanging) Enabled(context.Context, slog.Level) bool {
	if *h.asked++; *h.asked > 1 {
		<-h.hang
	}
	return true
}

func TestDebugNeverWaitsForTheLogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked int
		h := hanging{slog.DiscardHandler, &asked, make(chan struct{})}
		l := NewLog(slog.New(h), nil)
		time.Sleep(time.Minute)
		for range 3 {
			if !l.Debug() { // would end the test as a deadlock
				t.Error("what the logger said last is forgotten")
			}
			synctest.Wait()
		}
		if asked != 2 {
			t.Errorf("asked %d times, want once at the start and once a second later", asked)
		}
		close(h.hang)
	})
}
