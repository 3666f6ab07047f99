package adaptertest

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// The bot that receives the updates of the corpus.
const (
	BotID       = 42
	BotUsername = "test_bot"
)

// Harness is what the suite has to know of an adapter and its library.
type Harness struct {
	// Entries are the ways in which updates can reach the adapter. The suite
	// checks that an update counts once, whichever and however many of them it
	// comes by.
	Entries []Entry
	// Gaps says where the library, not the adapter, falls short of the corpus:
	// by the name of a case, as it is shown in a failure, or by a whole kind.
	// A gap that does not exist, or no longer, fails the test.
	Gaps map[string]Gap
	// NoPremium: the library does not decode is_premium of users.
	NoPremium bool
	// Poll starts a bot that polls telegram with httpClient, as a bot of the library
	// does, with the adapter in place for client, which may be nil. It calls handled
	// with the update_id of what a handler for texts gets, and returns what stops the
	// bot. With it the suite proves that core/http sees every update of the corpus
	// that the library polls, also those that it cannot decode, and that with the
	// adapter beside it each counts once.
	Poll func(tb testing.TB, telegram *bbtest.Telegram, httpClient *http.Client, client *bb.Client, handled func(updateID int64)) (stop func())
}

// Entry is one way for updates to reach the adapter.
type Entry struct {
	Name string
	// New returns a bot of the library, who is BotID and BotUsername, with the
	// adapter in place for client. The bot runs handler for every update that
	// the library has a handler for, with the tracker that a user's handler
	// would find. receive takes one raw update, as Telegram would send it, and
	// returns when it is dealt with; its error says that the library cannot
	// decode it. A panic of handler has to come out of receive.
	New func(tb testing.TB, client *bb.Client, handler func(*bb.Tracker)) (receive func(update []byte) error)
	// NoTracker: the Entry has no place to hand a tracker to the handler.
	NoTracker bool
	// HandledOnly: the Entry does not see updates that have no handler.
	HandledOnly bool
}

// Gap is what a library does with an update other than decoding it in full and
// calling a handler. Gaps may be combined with |.
type Gap uint8

const (
	// Undecodable means that decoding it is an error: the bot never sees it.
	Undecodable Gap = 1 << iota
	// UnknownKind means that nothing but its id is decoded: it counts as nobody's
	// activity of an unknown kind.
	UnknownKind
	// NoChat means that the chat is not decoded.
	NoChat
	// Unhandled means that no handler can be registered for it.
	Unhandled
	// MissingField means that the one field that tells what the update means is not
	// decoded: it counts as an update without that field.
	MissingField
	// Fatal means that decoding it panics, which ends a bot that polls it; with
	// Undecodable.
	Fatal
)

// UnknownKinds returns gap for each kind of the corpus that update, a value of the
// library's type of updates, has no field for: what the table in a test would say,
// whichever version of the library it is compiled with. The fields have the names of
// the Bot API as JSON tags.
func UnknownKinds(update any, gap Gap) map[string]Gap {
	known := make(map[string]bool)
	for _, field := range reflect.VisibleFields(reflect.TypeOf(update)) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		known[name] = true
	}
	gaps := make(map[string]Gap)
	for _, c := range corpus() {
		if c.kind != "" && !known[c.kind] {
			gaps[c.kind] = gap
		}
	}
	return gaps
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	h.checkGaps(t)
	for _, c := range corpus() {
		c.noPremium = h.NoPremium
		t.Run(c.name, func(t *testing.T) {
			for _, entry := range h.Entries {
				t.Run(entry.Name, func(t *testing.T) {
					trial{c, entry, h.gap(c)}.run(t)
				})
			}
			if len(h.Entries) > 1 {
				t.Run("all entries", func(t *testing.T) { h.checkAllEntries(t, c) })
			}
			if h.Poll != nil && h.gap(c)&Fatal == 0 {
				t.Run("at the wire", func(t *testing.T) { h.checkWire(t, c, false) })
				t.Run("at the wire and by the adapter", func(t *testing.T) { h.checkWire(t, c, true) })
			}
		})
	}
	for _, entry := range h.Entries {
		t.Run(entry.Name, func(t *testing.T) { checkHandler(t, entry) })
	}
}

// gap returns the library's gap for a case: its own, else that of its kind.
func (h Harness) gap(c testCase) Gap {
	if gap, ok := h.Gaps[c.name]; ok {
		return gap
	}
	return h.Gaps[c.kind]
}

// checkGaps keeps the table free of names that no case has.
func (h Harness) checkGaps(t *testing.T) {
	known, decided := make(map[string]bool), make(map[string]bool)
	for _, c := range corpus() {
		known[c.name], known[c.kind] = true, true
		decided[c.name] = c.blind != nil
	}
	for name, gap := range h.Gaps {
		switch {
		case !known[name]:
			t.Errorf("Gaps: there is no case or kind %q", name)
		case gap&MissingField != 0 && !decided[name]:
			t.Errorf("Gaps: no field decides case %q", name)
		}
	}
}
