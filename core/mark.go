package bb

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/url"
	"strings"
)

// markBytes of a digest tell one key from another, and are too few to tell
// which key it was.
const markBytes = 8

// destinationMark is what a durable outbox keeps of where its events were to
// go: the host, and a keyed digest of base URL and key.
func destinationMark(base, key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(base))
	return markedHost(base) + " " + hex.EncodeToString(mac.Sum(nil)[:markBytes])
}

func markedHost(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Host
}

// identify tells of events that wait from before, and warns if they were
// accepted for another destination. They are delivered all the same: to change
// a key must not cost events.
func (s *state) identify(base, key string, waiting int, logger *slog.Logger) {
	mark := destinationMark(base, key)
	previous, err := s.box.Identify(mark)
	if err != nil {
		logger.Error("bb: the outbox failed", "cause", err.Error())
		return
	}
	if waiting == 0 {
		return
	}
	if previous == "" || previous == mark {
		logger.Info("bb: events of an earlier run wait for delivery", "count", waiting, "kept_in", s.box.Place())
		return
	}
	host, _, _ := strings.Cut(previous, " ")
	changed := "address"
	if host == markedHost(base) {
		changed = "integration key or path"
	}
	logger.Warn("bb: events of an earlier run wait, at least some for another address or key; they are sent to this one",
		"count", waiting, "changed", changed, "accepted_for", host, "sent_to", markedHost(base))
}
