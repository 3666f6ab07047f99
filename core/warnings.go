package bb

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
)

// maxSwitch is the longest value of EnvEnabled that is shown: what is longer may
// be a key in the wrong variable.
const maxSwitch = 10

// warnKeyInVain warns of a key that is set while analytics is not.
func warnKeyInVain(log *callbacks.Log, cfg Config) {
	if cfg.IntegrationKey == "" {
		return
	}
	remedy := "set " + EnvEnabled + " to true, 1 or yes, or Config.Enabled to true"
	if cfg.enabledAs != "" && utf8.RuneCountInString(cfg.enabledAs) <= maxSwitch {
		remedy += fmt.Sprintf("; it is %q", cfg.enabledAs)
	}
	log.Now(slog.LevelWarn, "bb: an integration key is set but analytics is disabled; no event will be sent",
		slog.String("remedy", remedy))
}

// sayItIsOn logs where events go, and where they wait until then. It warns where the
// key would cross a public network in the clear. base is valid.
func sayItIsOn(log *callbacks.Log, base, keptIn string) {
	u, err := url.Parse(base)
	if err != nil {
		return
	}
	log.Now(slog.LevelInfo, "bb: analytics is on", slog.String("host", u.Host), slog.String("kept_in", keptIn))
	if u.Scheme == "http" && isPublic(u.Hostname()) {
		log.Now(slog.LevelWarn, "bb: events and the integration key travel unencrypted",
			slog.String("host", u.Hostname()), slog.String("remedy", "use https:// in "+EnvBaseURL))
	}
}

// isPublic guesses by the form of the name alone: a name without a dot, as in
// a compose file, and the usual private suffixes are not public.
func isPublic(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return !ip.IsLoopback() && !ip.IsPrivate() && !ip.IsLinkLocalUnicast() && !ip.IsUnspecified()
	}
	if !strings.Contains(host, ".") {
		return false
	}
	for _, private := range []string{".internal", ".local", ".localhost", ".lan", ".test"} {
		if strings.HasSuffix(strings.ToLower(host), private) {
			return false
		}
	}
	return true
}

// Warn writes a warning to Config.Logger, unless it did so before with the same
// message. It is for adapters, to say what keeps updates from being counted; it never
// waits for the logger. A client that is nil or disabled is silent.
func (c *Client) Warn(message string, attrs ...slog.Attr) {
	if c.Enabled() {
		c.parts.log.Once(message, attrs...)
	}
}
