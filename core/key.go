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

// origin is the update that a family of trackers came from.
type origin struct {
	botID, updateID int64 // 0: unknown

	mu   sync.Mutex        // guards sent
	sent map[digest]uint32 // explicit events by content, for their ordinals
}

type digest [sha256.Size]byte

// key returns the idempotency key of ev, in the form of the set of recent keys,
// and whether another event could have the same.
//
// Automatic events and user_started exist once in an update. Of explicit events,
// equal ones are told apart by an ordinal: a handler that runs again, in this
// process or another, gives its events the same keys.
func (o *origin) key(ev *Event, payload []byte, automatic bool, known *onlyBot) (key recent.Key, shared bool) {
	switch {
	case ev.IdempotencyKey != "":
		return recentKey(ev.IdempotencyKey), true
	case o == nil || o.updateID == 0:
		_, _ = rand.Read(key[:]) // never fails since Go 1.24
		return asUUID(key), false
	}
	var room [256]byte
	bot := known.resolve(o.botID)
	if automatic || ev.Name == EventUserStarted {
		sum := sha256.Sum256(o.appendIdentity(room[:0], "bb/2 automatic", bot, ev))
		return asUUID(recent.Key(sum[:16])), true
	}
	content := digest(sha256.Sum256(append(o.appendIdentity(room[:0], "bb/2 explicit", bot, ev), payload...)))
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(content[:], o.ordinal(content)))
	return asUUID(recent.Key(sum[:16])), true
}

// appendIdentity appends what makes an event of an update this event. Changing
// it changes the keys of events in flight: see testdata/keys.golden.
func (o *origin) appendIdentity(buf []byte, domain string, bot int64, ev *Event) []byte {
	buf = append(buf, domain...)
	if bot != 0 {
		buf = binary.BigEndian.AppendUint64(buf, uint64(bot))
	} else {
		buf = append(buf, keySalt[:]...)
	}
	for _, id := range [...]int64{o.updateID, ev.UserID, ev.ChatID} {
		buf = binary.BigEndian.AppendUint64(buf, uint64(id))
	}
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(ev.Name)))
	return append(buf, ev.Name...)
}

// keySalt stands in for an unknown bot: keys then hold within this process only.
var keySalt = func() (salt [16]byte) {
	_, _ = rand.Read(salt[:])
	return salt
}()

// ordinal counts the explicit events of an update that have the same content.
func (o *origin) ordinal(content digest) uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sent == nil {
		o.sent = make(map[digest]uint32)
	}
	o.sent[content]++
	return o.sent[content]
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

// onlyBot is the one bot of whose updates a client has sent events. It stands in
// where an update does not say whose it is.
type onlyBot struct{ id atomic.Int64 } // 0: none yet; severalBots

const severalBots = -1

// resolve returns the bot of an update that names it or, with 0, does not; 0:
// unknown.
func (b *onlyBot) resolve(id int64) int64 {
	if id == 0 {
		return max(b.id.Load(), 0)
	}
	if b.id.Load() != id && !b.id.CompareAndSwap(0, id) && b.id.Load() != id {
		b.id.Store(severalBots)
	}
	return id
}
