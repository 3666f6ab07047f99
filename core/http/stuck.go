package bbhttp

import (
	"slices"
	"sync"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// bot is one whose answers a Transport has seen.
type bot struct {
	id int64

	mu      sync.Mutex // guards what follows
	first   int64      // the id of the update that the last answer began with
	times   int        // how many answers in a row began with it
	suspect bb.Update
}

// stuckAfter is how many answers in a row begin with the same update when the log
// says so. Two polls at the same time, or a restart, make two or three.
const stuckAfter = 5

// stuck takes note of an answer, and reports, once, whether the library gets it
// again and again, and at which update it fails.
func (b *bot) stuck(updates []bb.Update) (suspect bb.Update, stuck bool) {
	if len(updates) == 0 {
		return bb.Update{}, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.times == 0 || b.first != updates[0].ID {
		// It failed at one of these: what is added to later answers came after.
		b.first, b.times, b.suspect = updates[0].ID, 0, oddest(updates)
	}
	b.times++
	return b.suspect, b.times == stuckAfter
}

// usualKinds are decoded by every library.
var usualKinds = []string{
	"message", "edited_message", "channel_post", "edited_channel_post", "inline_query", "chosen_inline_result",
	"callback_query", "shipping_query", "pre_checkout_query", "poll", "poll_answer", "my_chat_member",
	"chat_member", "chat_join_request",
}

// oddest returns the update that a library is most likely to fail at: the first of
// a kind that came late to the Bot API, else the first.
func oddest(updates []bb.Update) bb.Update {
	for _, u := range updates {
		if !slices.Contains(usualKinds, u.Kind) {
			return u
		}
	}
	return updates[0]
}
