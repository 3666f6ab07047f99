package page

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/tally"
)

// Bounds of what is shown, in runes unless it says otherwise.
const (
	maxName    = 100
	maxPayload = 1000
	maxBody    = 2000
	maxTries   = 5
	maxLines   = 200 // of the log
	// oneRow is how long what is held back of a person is counted in one row: as
	// long as the window of the throttle.
	oneRow = time.Minute
)

// Accepted shows an event that a client took over: it waits now.
func (b *Board) Accepted(library string, ev bb.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(b.rows.of(row(library, ev)), (*Row).accepted)
}

// Requested shows a request of a library's bot to the API, and counts it.
func (b *Board) Requested(library string, r bbtest.Request) {
	if tally.Of(r) == tally.Checked {
		b.Happened(library, "A client asked whether the API is there and takes its key: yes.")
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(b.rows.of(row(library, r.Event)), func(known *Row) { known.requested(r) })
	b.count(library, r)
}

// Ended shows that a request got its answer, or that its client will never see
// one.
func (b *Board) Ended(library string, r bbtest.Request, answered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known := b.rows.byKey[row(library, r.Event).full]; known != nil {
		b.advance(known, func(known *Row) { known.ended(r, answered) })
	}
	seconds, err := strconv.Atoi(r.RetryAfter)
	if bot := b.bot(library); bot != nil && answered && err == nil {
		bot.Silence = time.Now().Add(time.Duration(seconds) * time.Second).UnixMilli()
		b.subscribers.publish("bot", *bot)
	}
}

// GaveUp shows that a client dropped an event that it had taken over.
func (b *Board) GaveUp(library string, ev bb.Event, reason bb.DropReason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(b.rows.of(row(library, ev)), func(known *Row) { known.gaveUp(reason) })
}

// advance adds to the story of a row, and shows the row.
func (b *Board) advance(r *Row, happens func(*Row)) {
	happens(r)
	r.Status, r.Note = r.outcome()
	b.show(r)
}

// HeldBack shows an event that a client did not send, once more in the row that
// it has.
func (b *Board) HeldBack(library string, ev bb.Event, status, note string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	held := Row{Library: library, Name: clip(ev.Name, maxName), UserID: ev.UserID, ChatID: ev.ChatID, Status: status, Note: note}
	r := b.rows.like(held, oneRow)
	if r == nil {
		r = b.rows.add(held)
	}
	r.Times++
	b.show(r)
}

// Happened shows something that is no event.
func (b *Board) Happened(library, what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.show(b.rows.add(Row{Library: library, Status: Notice, Note: what}))
}

func (b *Board) show(r *Row) { b.subscribers.publish("row", r) }

// row is how an event begins.
func row(library string, ev bb.Event) Row {
	r := Row{
		Library: library, Name: clip(ev.Name, maxName), UserID: ev.UserID, ChatID: ev.ChatID,
		Key: clip(strings.ToValidUTF8(ev.IdempotencyKey, "\uFFFD"), maxName),
	}
	if r.Key != "" {
		r.full = library + " " + r.Key
	}
	if len(ev.Payload) > 0 {
		r.Payload = clip(text(ev.Payload), maxPayload)
	}
	return r
}

// text is a value in JSON, or a string as it is.
func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	data, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(data)
}
