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

// identify warns if events that wait were accepted for another destination.
// They are delivered all the same: to change a key must not cost events.
func (s *state) identify(base, key string, waiting int, logger *slog.Logger) {
	previous, err := s.box.Identify(destinationMark(base, key))
	if err != nil {
		logger.Error("bb: the outbox failed", "cause", err.Error())
		return
	}
	if waiting == 0 || previous == "" || previous == destinationMark(base, key) {
		return
	}
	host, _, _ := strings.Cut(previous, " ")
	logger.Warn("bb: events that were accepted for another address or key are delivered now",
		"count", waiting, "accepted_for", host, "delivered_to", markedHost(base))
}
