package bb

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/google/uuid"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/recent"
)

// baseKey is a digest of everything that makes an event of an update this
// event, but for its ordinal among equal ones.
type baseKey [sha256.Size]byte

// keySalt stands in for the bot id where an adapter does not know it: keys
// then hold within this process only.
var keySalt = func() (salt [16]byte) {
	_, _ = rand.Read(salt[:]) // never fails since Go 1.24
	return salt
}()

// newBaseKey digests ev, whose payload is given in canonical JSON. Changing
// what it does changes the keys of events in flight: see testdata/keys.
func newBaseKey(o *origin, ev *Event, payload []byte) baseKey {
	buf := make([]byte, 0, 256)
	buf = append(buf, "bb/1"...)
	if o.botID != 0 {
		buf = binary.BigEndian.AppendUint64(buf, uint64(o.botID))
	} else {
		buf = append(buf, keySalt[:]...)
	}
	for _, id := range [...]int64{o.updateID, ev.UserID, ev.ChatID} {
		buf = binary.BigEndian.AppendUint64(buf, uint64(id))
	}
	for _, text := range [...]string{o.kind, ev.Name} {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(text)))
		buf = append(buf, text...)
	}
	return sha256.Sum256(append(buf, payload...))
}

// key is what an event with this digest has, as the n-th of its kind.
func (b baseKey) key(ordinal uint32) recent.Key {
	digest := sha256.Sum256(binary.BigEndian.AppendUint32(b[:], ordinal))
	return asUUID(recent.Key(digest[:16]))
}

// asUUID shapes 16 bytes as a version 4 UUID, which strict validators accept.
func asUUID(id recent.Key) recent.Key {
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// key returns the idempotency key of ev, in the form of the set of recent
// keys, and whether another event could have the same.
//
// Automatic events have ordinal 0 and explicit ones count from 1, so an
// adapter that binds an update again, without emitting again, still gives the
// handler's events the same keys.
func (o *origin) key(ev *Event, payload []byte, automatic bool) (key recent.Key, shared bool) {
	switch {
	case ev.IdempotencyKey != "":
		return recentKey(ev.IdempotencyKey), true
	case o == nil || o.updateID == 0:
		_, _ = rand.Read(key[:]) // never fails since Go 1.24
		return asUUID(key), false
	case ev.Name == EventUserStarted:
		payload = nil // one per update, whoever sends it, whatever it says
	}
	base := newBaseKey(o, ev, payload)
	return base.key(o.ordinal(base, ev.Name == EventUserStarted || automatic)), true
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

func (o *origin) ordinal(base baseKey, first bool) uint32 {
	if first {
		return 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sent == nil {
		o.sent = make(map[baseKey]uint32)
	}
	o.sent[base]++
	return o.sent[base]
}

func recentKey(key string) recent.Key {
	if id, err := uuid.Parse(key); err == nil {
		return recent.Key(id)
	}
	digest := sha256.Sum256([]byte(key))
	return recent.Key(digest[:16])
}
