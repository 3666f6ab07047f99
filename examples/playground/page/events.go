package page

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/bbapi"
)

// Bounds of what a row shows of an event, in runes.
const (
	maxName    = 100
	maxPayload = 1000
	shownKey   = 8
)

// Accepted shows an event that a client took over: it waits now.
func (b *Board) Accepted(library string, ev bb.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.show(b.rows.add(row(library, ev, Waiting, "")))
}

// Requested shows what became of a request to the API, and counts it.
func (b *Board) Requested(r bbapi.Request) {
	library := cmp.Or(r.Integration, "no key")
	if r.Check {
		b.Happened(library, "A client asked whether the API is there and takes its key: yes.")
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	status, note := outcome(r)
	fresh := row(library, r.Event, status, note)
	known := b.rows.byKey[fresh.full]
	if known == nil || known.settled() && status != NotTaken {
		known = b.rows.add(fresh)
	}
	known.Attempts++
	if !known.settled() && !(known.Status == Waiting && status == NotTaken) {
		known.Status = status
	}
	known.Note = fresh.Note
	if status == Delivered {
		delay := max(0, float64(time.Since(r.Event.OccurredAt).Microseconds())/1000)
		known.Delay = &delay
		b.subscribers.publish("count", b.tally.count(library, known.Name))
	}
	b.tally.request(library, status)
	b.show(known)
}

// outcome is the status that a request gives its event, and the reason.
func outcome(r bbapi.Request) (status, note string) {
	switch {
	case r.Problem == "" && r.Repeat:
		return Again, "not counted: key known"
	case r.Problem == "":
		return Delivered, ""
	case r.Status == http.StatusUnprocessableEntity:
		return Refused, fmt.Sprintf("%d %s", r.Status, r.Problem)
	case r.Status == 0:
		return NotTaken, r.Problem
	}
	return NotTaken, fmt.Sprintf("%d %s", r.Status, r.Problem)
}

// GaveUp shows that a client dropped an event that it had taken over.
func (b *Board) GaveUp(library string, ev bb.Event, reason bb.DropReason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fresh := row(library, ev, GivenUp, "dropped: "+string(reason))
	known := b.rows.byKey[fresh.full]
	switch {
	case known == nil:
		known = b.rows.add(fresh)
	case known.settled():
		return // the API's answer has said it
	}
	known.Status, known.Note = GivenUp, fresh.Note
	b.show(known)
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

func row(library string, ev bb.Event, status, note string) Row {
	r := Row{
		Library: library, Name: clip(ev.Name, maxName), UserID: ev.UserID, ChatID: ev.ChatID,
		Key: clipKey(ev.IdempotencyKey), Status: status, Note: clip(note, maxPayload),
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
