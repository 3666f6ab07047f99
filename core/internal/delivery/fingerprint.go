package delivery

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/url"
	"strings"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// fingerprintBytes of a digest tell one key from another, and are too few to
// tell which key it was.
const fingerprintBytes = 8

// Fingerprint is what a durable or shared store keeps of a destination: the
// host, and a keyed digest of base URL and key.
func Fingerprint(base, key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(base))
	host := ""
	if u, err := url.Parse(base); err == nil {
		host = u.Host
	}
	return host + " " + hex.EncodeToString(mac.Sum(nil)[:fingerprintBytes])
}

func hostOf(fingerprint string) string {
	host, _, _ := strings.Cut(fingerprint, " ")
	return host
}

// differenceOf names what differs between two fingerprints.
func differenceOf(a, b string) string {
	if hostOf(a) == hostOf(b) {
		return "integration key or path"
	}
	return "address"
}

// identify logs events that wait from before, as a warning if they were accepted
// for another destination. They are delivered all the same: to change a key must
// not cost events.
func (e *Engine) identify() {
	mine, waiting := e.Fingerprint, int(e.Flow().Recovered)
	previous, err := e.Store.Identify(mine)
	switch {
	case err != nil:
		e.Log.Now(slog.LevelError, "bb: the outbox failed", slog.String("cause", err.Error()))
	case waiting == 0:
	case previous == "" || previous == mine:
		e.Log.Now(slog.LevelInfo, "bb: events of an earlier run wait for delivery",
			slog.Int("count", waiting), slog.String("kept_in", e.Store.Name()))
	default:
		e.Log.Now(slog.LevelWarn, "bb: events of an earlier run wait, at least some for another address or key; they are sent to this one",
			slog.Int("count", waiting), slog.String("changed", differenceOf(previous, mine)),
			slog.String("accepted_for", hostOf(previous)), slog.String("sent_to", hostOf(mine)))
	}
}

// checkFingerprint warns once of an event that another bot put into a shared
// store. It is sent all the same: after a change of keys that is right.
func (e *Engine) checkFingerprint(r store.Record) {
	mine := e.Fingerprint
	if r.Fingerprint == "" || r.Fingerprint == mine {
		return
	}
	e.strangers.Do(func() {
		e.Log.Write(slog.LevelWarn, "bb: events in the shared outbox were accepted for another address or key; they are sent to this one",
			slog.String("differs", differenceOf(r.Fingerprint, mine)), slog.String("accepted_for", hostOf(r.Fingerprint)),
			slog.String("sent_to", hostOf(mine)), slog.String("kept_in", e.Store.Name()),
			slog.String("remedy", "give each bot a prefix of its own, unless its key was just changed"))
	})
}
