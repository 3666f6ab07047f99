package bb

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/recent"
)

// origin is what a family of trackers came from: an update, or a part of one.
type origin struct {
	botID, updateID int64  // 0: unknown
	facts           *facts // nil for most: none is needed

	sent atomic.Pointer[ordinals] // nil: no explicit event yet
}

// facts are what some updates, and some settings, need to be known of an origin.
type facts struct {
	part   part       // stands in for the id of an update that has none
	about  UpdateInfo // for Config.Enrich
	person int64      // whose Language and Premium about has
}

// part returns what stands in for the id of the update; nil: nothing does.
func (o *origin) part() *part {
	if o.facts == nil || o.facts.part == (part{}) {
		return nil
	}
	return &o.facts.part
}

// ordinals counts the explicit events of an update that have the same content.
type ordinals struct {
	mu   sync.Mutex // guards sent
	sent map[digest]uint32
}

// part is the message or the callback query that a handler got of an update.
type part struct {
	chatID, messageID int64
	callbackID        string
}

type digest [sha256.Size]byte

// partOf returns what stands in for the id of an update that has none.
func partOf(u *Update) part {
	if u.ID != 0 || u.CallbackID == "" && u.MessageID == 0 {
		return part{}
	}
	return part{u.ChatID, u.MessageID, u.CallbackID}
}

// key returns the idempotency key of ev, in the form of the set of recent keys,
// and whether another event could have the same.
//
// Automatic events and user_started exist once in an update. Of explicit events,
// an ordinal tells equal ones apart: a handler that runs again, in this
// process or another, gives its events the same keys. Where only a part of the
// update is known there is no ordinal, for any number of trackers may stem from
// it: equal events are one.
func (o *origin) key(ev *Event, payload []byte, automatic bool) (key recent.Key, shared bool) {
	var room [256]byte
	once := automatic || ev.Name == EventUserStarted
	switch {
	case ev.IdempotencyKey != "":
		return recentKey(ev.IdempotencyKey), true
	case o == nil || o.updateID == 0 && (o.part() == nil || automatic):
		_, _ = rand.Read(key[:]) // never fails since Go 1.24
		return asUUID(key), false
	case o.part() != nil:
		identity := appendEvent(o.appendPart(room[:0]), ev)
		if !once {
			identity = append(identity, payload...)
		}
		return keyOf(sha256.Sum256(identity)), true
	case once:
		return keyOf(sha256.Sum256(appendEvent(o.appendUpdate(room[:0], "bb/2 automatic"), ev))), true
	}
	content := digest(sha256.Sum256(append(appendEvent(o.appendUpdate(room[:0], "bb/2 explicit"), ev), payload...)))
	return keyOf(sha256.Sum256(binary.BigEndian.AppendUint32(append(room[:0], content[:]...), o.ordinal(content)))), true
}

// The identity of an event is that of its origin and what makes it this event of
// it. Changing it changes the keys of events in flight: see testdata/keys.golden.

func (o *origin) appendUpdate(buf []byte, domain string) []byte {
	return appendInts(o.appendBot(append(buf, domain...)), o.updateID)
}

func (o *origin) appendPart(buf []byte) []byte {
	part := o.part()
	if id := part.callbackID; id != "" {
		buf = o.appendBot(append(buf, "bb/2 callback"...))
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(id)))
		return append(buf, id...)
	}
	return appendInts(o.appendBot(append(buf, "bb/2 message"...)), part.chatID, part.messageID)
}

func (o *origin) appendBot(buf []byte) []byte {
	if o.botID == 0 {
		return append(buf, keySalt[:]...)
	}
	return appendInts(buf, o.botID)
}

func appendEvent(buf []byte, ev *Event) []byte {
	buf = appendInts(buf, ev.UserID, ev.ChatID)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(ev.Name)))
	return append(buf, ev.Name...)
}

func appendInts(buf []byte, ints ...int64) []byte {
	for _, n := range ints {
		buf = binary.BigEndian.AppendUint64(buf, uint64(n))
	}
	return buf
}

func keyOf(sum digest) recent.Key { return asUUID(recent.Key(sum[:16])) }

// keySalt stands in for an unknown bot: keys then hold within this process only.
var keySalt = func() (salt [16]byte) {
	_, _ = rand.Read(salt[:])
	return salt
}()

// ordinal returns which of the explicit events with this content comes now, from 1.
func (o *origin) ordinal(content digest) uint32 {
	all := o.sent.Load()
	if all == nil {
		o.sent.CompareAndSwap(nil, &ordinals{sent: make(map[digest]uint32, 1)})
		all = o.sent.Load()
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	all.sent[content]++
	return all.sent[content]
}

// asUUID shapes 16 bytes as a version 4 UUID, which strict validators accept.
func asUUID(id recent.Key) recent.Key {
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// appendKey appends the key that is sent: the caller's own, else the UUID.
func appendKey(dst []byte, own string, id recent.Key) []byte {
	if own != "" {
		return append(dst, own...)
	}
	for i, field := range [...][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, field)
	}
	return dst
}

func recentKey(key string) recent.Key {
	if len(key) == 36 { // uuid.Parse takes other forms too, some of which it reads in part
		if id, err := uuid.Parse(key); err == nil {
			return recent.Key(id)
		}
	}
	sum := sha256.Sum256([]byte(key))
	return recent.Key(sum[:16])
}
