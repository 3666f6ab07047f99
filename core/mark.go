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
	host := ""
	if u, err := url.Parse(base); err == nil {
		host = u.Host
	}
	return host + " " + hex.EncodeToString(mac.Sum(nil)[:markBytes])
}

// hostOf is the host in a mark.
func hostOf(mark string) string {
	host, _, _ := strings.Cut(mark, " ")
	return host
}

// differenceOf says what two marks that differ have not in common.
func differenceOf(a, b string) string {
	if hostOf(a) == hostOf(b) {
		return "integration key or path"
	}
	return "address"
}

// identify tells of events that wait from before, and warns if they were
// accepted for another destination. They are delivered all the same: to change
// a key must not cost events.
func (s *state) identify(mark string, waiting int, logger *slog.Logger) {
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
	logger.Warn("bb: events of an earlier run wait, at least some for another address or key; they are sent to this one",
		"count", waiting, "changed", differenceOf(previous, mark), "accepted_for", hostOf(previous), "sent_to", hostOf(mark))
}
