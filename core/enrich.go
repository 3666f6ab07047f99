package bb

import (
	"fmt"
	"log/slog"
	"maps"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/wire"
)

// maxAdditions bounds what Enrich adds to an event, in bytes.
const maxAdditions = 4 << 10

// UpdateInfo is what [Config].Enrich may know of an event and of the update that it
// stems from. It has no text and no data of a button. What is not known, and for a
// tracker of Client.For everything but the ids, is zero.
type UpdateInfo struct {
	Kind     string // Update.Kind
	ChatType string // Update.ChatType
	// UserID and ChatID are those of the event.
	UserID, ChatID int64
	// The rest is of the person who acted, and zero if the event is about somebody
	// else. StartParam is the parameter of the deep link if it has one of the prefixes
	// of Capture.StartParams.
	Language   string
	Premium    bool
	StartParam string
}

// enrichment is Config.Enrich and what it needs.
type enrichment struct {
	enrich  func(name string, about UpdateInfo) Payload // nil: none
	capture *Capture
	log     *callbacks.Log
	unbound *origin // of trackers that stem from no update; nil without enrich
}

func newEnrichment(cfg *Config, log *callbacks.Log) enrichment {
	e := enrichment{enrich: cfg.Enrich, capture: &cfg.Capture, log: log}
	if e.enrich != nil {
		e.unbound = &origin{facts: new(facts)}
	}
	return e
}

// factsOf returns what has to be known of an update beside its ids; nil: nothing, as
// for nearly all.
func (e *enrichment) factsOf(u *Update) *facts {
	if e.enrich == nil && u.ID != 0 {
		return nil
	}
	return e.gather(u)
}

func (e *enrichment) gather(u *Update) *facts {
	stand := partOf(u)
	switch {
	case e.enrich == nil && stand == (part{}):
		return nil
	case e.enrich == nil:
		return &facts{part: stand}
	}
	about := UpdateInfo{Kind: u.Kind, ChatType: u.ChatType, Language: u.Language, Premium: u.Premium}
	if u.Kind == "message" {
		about.StartParam = startParam(u, e.capture)
	}
	f := &facts{part: stand, about: about}
	if !u.FromBot {
		f.person = u.UserID
	}
	return f
}

// enriched returns the payload of an event, which is encoded in payload, with what
// Enrich adds, and lets the event have both. Whatever goes wrong costs no more than
// the additions.
func (e *enrichment) enriched(ev *Event, from *origin, payload []byte) (all []byte) {
	defer func() {
		if p := recover(); p != nil {
			all = payload
			e.failed(fmt.Errorf("it panicked: %.*s", maxPanic, fmt.Sprint(p)))
		}
	}()
	about := from.facts.about
	about.UserID, about.ChatID = ev.UserID, ev.ChatID
	if ev.UserID == 0 || ev.UserID != from.facts.person {
		about.Language, about.Premium, about.StartParam = "", false, ""
	}
	additions := maps.Clone(e.enrich(ev.Name, about))
	maps.DeleteFunc(additions, func(key string, _ any) bool { _, has := ev.Payload[key]; return has })
	if len(additions) == 0 {
		return payload
	}
	encoded, err := wire.AppendPayload(nil, additions)
	if err == nil && len(encoded) > maxAdditions {
		err = fmt.Errorf("it returned %d bytes, more than %d", len(encoded), maxAdditions)
	}
	if err != nil {
		e.failed(err)
		return payload
	}
	all = encoded
	if len(ev.Payload) > 0 { // {what Enrich adds, what the event has}
		all = append(encoded[:len(encoded)-1], ',')
		all = append(all, payload[1:]...)
	}
	const escaped = 6 // bytes, at most, that JSON makes of one
	if len(all) > wire.MaxEvent-wire.Overhead-escaped*(len(ev.Name)+len(ev.IdempotencyKey)) {
		return payload // the event alone is nearly as large as one can be
	}
	maps.Copy(additions, ev.Payload)
	ev.Payload = additions
	return all
}

func (e *enrichment) failed(why error) {
	e.log.Once("bb: Config.Enrich failed; nothing was added to the event", slog.String("cause", why.Error()))
}
