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

// Bounds of what a row shows, in runes.
const (
	maxName    = 100
	maxPayload = 1000
	shownKey   = 8
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

// HeldBack shows something that a client did not send. User and chat are those
// of the update that it stems from; 0 if that is not known.
func (b *Board) HeldBack(library, name, status, note string, user, chat int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.show(b.rows.add(Row{Library: library, Name: name, UserID: user, ChatID: chat, Status: status, Note: note}))
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
		Key: clipKey(ev.IdempotencyKey),
	}
	if ev.IdempotencyKey != "" {
		r.full = library + " " + clip(ev.IdempotencyKey, maxName)
	}
	if len(ev.Payload) > 0 {
		payload, err := json.Marshal(ev.Payload)
		if err != nil {
			payload = []byte(err.Error())
		}
		r.Payload = clip(string(payload), maxPayload)
	}
	return r
}

// clipKey is the beginning of a key: enough to see that two are the same.
func clipKey(key string) string {
	key = strings.ToValidUTF8(key, "�")
	if runes := []rune(key); len(runes) > shownKey {
		return string(runes[:shownKey])
	}
	return key
}
