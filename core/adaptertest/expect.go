package adaptertest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// choice is what the handler sends through its tracker.
const choice = "handler_choice"

func choose(tracker *bb.Tracker) {
	tracker.ChoiceMade(bb.Payload{"choice_id": choice, "handler": "test"})
}

// lines is what the events of a case look like in a failure: everything but
// keys and times. handled adds the event that the handler sends.
func (c testCase) lines(gap Gap, everything, handled bool) []string {
	kind, where := c.kind, c.chat
	events, user, captured := c.want, c.user, c.captured
	named := cmp.Or(c.named, user)
	if gap&MissingField != 0 {
		events, user, captured = c.blind.want, c.blind.user, c.blind.captured
		named = user
	}
	if everything && captured != nil {
		events = captured
	}
	if gap&NoChat != 0 {
		where = nowhere
	}
	if gap&UnknownKind != 0 {
		events, kind, user, named, where = []event{activity}, "", nobody, nobody, nowhere
	}
	if kind == "" {
		kind = "unknown"
	}
	var lines []string
	add := func(ev bb.Event) {
		if person := people[ev.UserID]; everything && !c.onlyID {
			ev.Payload = maps.Clone(ev.Payload)
			maps.Copy(ev.Payload, aboutPerson(person.language, person.premium && !c.noPremium))
		}
		lines = append(lines, line(ev))
	}
	for _, ev := range events {
		who := named
		if ev.name == bb.EventActivity {
			who = user
			ev.payload = bb.Payload{"source": "telegram", "update_type": kind}
			if where.chatType != "" {
				ev.payload["chat_type"] = where.chatType
			}
		}
		add(bb.Event{Name: ev.name, UserID: who, ChatID: where.id, Payload: ev.payload})
	}
	if handled {
		add(bb.Event{
			Name: bb.EventChoiceMade, UserID: named, ChatID: where.id,
			Payload: bb.Payload{"choice_id": choice, "handler": "test"},
		})
	}
	return lines
}

func line(ev bb.Event) string {
	payload, err := json.Marshal(ev.Payload) // sorts the keys
	if err != nil {
		payload = []byte(err.Error())
	}
	return fmt.Sprintf("%s user=%d chat=%d %s", ev.Name, ev.UserID, ev.ChatID, payload)
}

func joined(events []bb.Event) string {
	lines := make([]string, len(events))
	for i, ev := range events {
		lines[i] = line(ev)
	}
	return strings.Join(lines, "\n")
}

// reference is what package bb itself makes of the update: by it all adapters
// are held to the same keys and times.
func (c testCase) reference(tb testing.TB, gap Gap, configure func(*bb.Config), handled bool) []bb.Event {
	tb.Helper()
	raw := c.raw
	if gap&MissingField != 0 {
		raw = strings.ReplaceAll(raw, strconv.Quote(c.field)+":", `"unknown":`)
	}
	u, err := bb.UpdateFromJSON([]byte(raw), BotID, BotUsername)
	if err != nil { // no update, but libraries take it for one
		u = bb.Update{BotID: BotID, BotUsername: BotUsername}
	}
	u.Premium = u.Premium && !c.noPremium
	if gap&NoChat != 0 {
		u.ChatID, u.ChatType = 0, ""
	}
	if gap&UnknownKind != 0 {
		u = bb.Update{BotID: u.BotID, BotUsername: u.BotUsername, ID: u.ID}
	}
	rec := bbtest.NewRecorder(tb, configure)
	tracker := rec.Client().Observe(u)
	if handled {
		choose(tracker)
	}
	return rec.Events()
}

// compare fails the test unless got is what the case says, with the keys and
// times that package bb gives.
func (c testCase) compare(t *testing.T, gap Gap, got, reference []bb.Event, want []string, began time.Time) {
	t.Helper()
	if text := strings.Join(want, "\n"); joined(got) != text {
		t.Errorf("events:\n%s\nwant:\n%s\n%s", joined(got), text, c)
		return
	}
	if joined(reference) != joined(got) {
		t.Errorf("package bb makes of it:\n%s\nwant:\n%s\n%s", joined(reference), joined(got), c)
		return
	}
	for i, ev := range got {
		ref := reference[i]
		automatic := ev.Payload["choice_id"] != choice
		if automatic && c.at > 0 && gap&UnknownKind == 0 && ref.OccurredAt.Unix() != c.at || automatic && c.at == now && ref.OccurredAt.Before(began) {
			t.Errorf("package bb says that %s occurred at %v, want %v\n%s", ev.Name, ref.OccurredAt, c.at, c)
		}
		if ev.IdempotencyKey != ref.IdempotencyKey && !c.noID {
			t.Errorf("%s has the key %s, want %s\n%s", ev.Name, ev.IdempotencyKey, ref.IdempotencyKey, c)
		}
		if dated := ref.OccurredAt.Before(began); dated && !ev.OccurredAt.Equal(ref.OccurredAt) {
			t.Errorf("%s occurred at %v, want %v, the date of the message\n%s", ev.Name, ev.OccurredAt, ref.OccurredAt, c)
		} else if !dated && ev.OccurredAt.Before(began) {
			t.Errorf("%s occurred at %v, want the moment of the test\n%s", ev.Name, ev.OccurredAt, c)
		}
	}
}

// String explains the case in a failure.
func (c testCase) String() string {
	return fmt.Sprintf("why: %s\nupdate: %s", c.why, c.raw)
}
