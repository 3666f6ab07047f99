package bb

import (
	"cmp"
	"hash/maphash"
	"sync"
)

const (
	seenUpdates = 8192 // how many updates are remembered
	seenWalk    = 64   // how many of them are looked at for one: hand-made ones may all have one id
)

// seen remembers the updates that came last, by whatever door: who sees an
// update first counts it, later ones only bind. Safe for concurrent use.
type seen struct {
	bots *bots

	mu    sync.Mutex          // guards what follows
	ring  []sighting          // grows to seenUpdates; then the oldest is overwritten
	count uint32              // the number of the newest sighting; the number 0 is nobody's
	heads [seenUpdates]uint32 // the number of the newest one with an id, modulo
}

// sighting is an update that was seen: the raw facts by which it is recognised,
// those that a door does not know being zero. It fits into a cache line, and holds
// no pointer, so that the garbage collector need not read the ring.
type sighting struct {
	number  uint32
	older   uint32  // the number of the one before it with the same head
	text    uint32  // digest of what was said
	kind    uint32  // see kindNumber
	human   bool    // the user is a person
	salted  bool    // the bot was unknown when it first came: its keys are made without
	counted portion // of its automatic events

	bot, id, user, chat int64
}

// look is what a door gets for an update.
type look struct {
	number uint32  // of its sighting; 0: it cannot be recognised
	due    portion // what this door is to count
	bot    int64   // whose keys its events have; 0: nobody's
}

// portion is a part of the automatic events of an update.
type portion uint8

const (
	portionActivity portion = 1 << iota
	portionRest             // the command, or what else it means beside activity

	everything = portionActivity | portionRest
)

func portionOf(name string) portion {
	if name == EventActivity {
		return portionActivity
	}
	return portionRest
}

// look finds an update among those that came, or adds it, and fills in what
// another door knew of it. counts is what the door wants to count.
func (s *seen) look(u *Update, counts portion) look {
	s.bots.fillIn(u)
	if u.ID == 0 {
		return look{due: counts, bot: u.BotID}
	}
	text := textDigest(u)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(u, text)
	if e == nil {
		e = s.add(u, text)
	} else {
		e.exchange(u, text)
	}
	due := counts &^ e.counted
	e.counted |= counts
	bot := e.bot
	if e.salted {
		bot = 0
	}
	return look{e.number, due, bot}
}

// forget leaves what found no room to the door that sees the update next.
func (s *seen) forget(l look, missed portion) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.at(l.number); e != nil {
		e.counted &^= missed
	}
}

// find returns the newest sighting that can be of this update, or nil.
func (s *seen) find(u *Update, text uint32) *sighting {
	number := *s.head(u.ID)
	for range seenWalk {
		e := s.at(number)
		if e == nil {
			return nil
		}
		if e.sameAs(u, text) {
			return e
		}
		number = e.older
	}
	return nil
}

func (s *seen) add(u *Update, text uint32) *sighting {
	s.count++
	i := int((s.count - 1) % seenUpdates)
	if i == len(s.ring) {
		s.ring = append(s.ring, sighting{})
	}
	head, e := s.head(u.ID), &s.ring[i]
	e.number, e.older, e.text = s.count, *head, text
	e.bot, e.id, e.chat, e.kind = u.BotID, u.ID, u.ChatID, kindNumber(u)
	e.salted, e.counted = u.BotID == 0, 0
	e.setUser(u)
	*head = s.count
	return e
}

// at returns the sighting with a number, unless it was overwritten.
func (s *seen) at(number uint32) *sighting {
	i := int((number - 1) % seenUpdates)
	if number == 0 || i >= len(s.ring) || s.ring[i].number != number {
		return nil
	}
	return &s.ring[i]
}

func (s *seen) head(id int64) *uint32 { return &s.heads[uint64(id)%seenUpdates] }

// sameAs reports whether no fact is known to both and differs.
func (e *sighting) sameAs(u *Update, text uint32) bool {
	return e.id == u.ID && agree(e.bot, u.BotID) && agree(e.user, u.UserID) && agree(e.chat, u.ChatID) &&
		agree(e.text, text) && agree(e.kind, kindNumber(u))
}

func agree[T comparable](a, b T) bool {
	var unknown T
	return a == b || a == unknown || b == unknown
}

// exchange fills in what the one knows and the other does not.
func (e *sighting) exchange(u *Update, text uint32) {
	if e.bot == 0 {
		e.bot = u.BotID
	}
	if e.text == 0 {
		e.text = text
	}
	if e.kind == 0 {
		e.kind = kindNumber(u)
	} else if u.Kind == "" {
		u.Kind = kindName(e.kind)
	}
	if e.chat == 0 {
		e.chat = u.ChatID
	} else if u.ChatID == 0 {
		u.ChatID = e.chat
	}
	if e.user == 0 {
		e.setUser(u)
	} else if u.UserID == 0 {
		u.UserID, u.FromBot = e.user, !e.human
	}
}

func (e *sighting) setUser(u *Update) {
	person := u.person() // who may be another than the user, as with a refund
	e.user = cmp.Or(u.UserID, person)
	e.human = person != 0 && e.user == person
}

// kindNumber stands for the kind of an update: its place in the table from 1, or a
// digest of one that is not there. 0: it is unknown.
func kindNumber(u *Update) uint32 {
	if k := kindOf(u); k != &unknownKind {
		return k.number
	}
	if u.Kind == "" {
		return 0
	}
	return digestOf(u.Kind) | 1<<31
}

// kindName returns the kind that a number stands for; of one that is not in the
// table, nothing.
func kindName(number uint32) string {
	if number > uint32(len(kinds)) {
		return ""
	}
	return kinds[number-1].name
}

var digestSeed = maphash.MakeSeed()

func digestOf(s string) uint32 { return uint32(maphash.String(digestSeed, s)) }

// textDigest tells hand-made updates that share an id apart by what decides
// their events. 0: nothing was said.
func textDigest(u *Update) uint32 {
	said := cmp.Or(u.Text, u.MemberStatus)
	if said == "" {
		return 0
	}
	return digestOf(said[:min(len(said), maxCommand)]) | 1
}
