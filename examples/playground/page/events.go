package page

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/bbapi"
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
	b.tell(b.rows.of(row(library, ev)), (*Row).accepted)
}

// Requested shows a request to the API, and counts it.
func (b *Board) Requested(r bbapi.Request) {
	library := integration(r)
	if r.Check {
		b.Happened(library, "A client asked whether the API is there and takes its key: yes.")
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.rows.of(row(library, r.Event))
	b.tell(known, func(known *Row) { known.requested(r) })
	if b.tally.request(library, r) {
		b.subscribers.publish("count", b.tally.count(known.Name))
	}
}

// Ended shows that a request got its answer, or that its client will never see
// one.
func (b *Board) Ended(r bbapi.Request, answered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known := b.rows.byKey[row(integration(r), r.Event).full]; known != nil {
		b.tell(known, func(known *Row) { known.ended(r, answered) })
	}
	if bot := b.bot(r.Integration); bot != nil && answered && r.RetryAfter > 0 {
		bot.Silence = time.Now().Add(r.RetryAfter).UnixMilli()
		b.subscribers.publish("bot", *bot)
	}
}

// GaveUp shows that a client dropped an event that it had taken over.
func (b *Board) GaveUp(library string, ev bb.Event, reason bb.DropReason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tell(b.rows.of(row(library, ev)), func(known *Row) { known.gaveUp(reason) })
}

// tell adds to the story of a row, and shows the row.
func (b *Board) tell(r *Row, happens func(*Row)) {
	happens(r)
	r.Status, r.Note = r.outcome()
	b.show(r)
}

// integration is whose request it is.
func integration(r bbapi.Request) string { return cmp.Or(r.Integration, "no key") }

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
