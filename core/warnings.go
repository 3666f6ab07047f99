package bb

import (
	"log/slog"
	"net"
	"net/url"
	"strings"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
)

// warnKeyInVain warns of a key that is set while analytics is not.
func warnKeyInVain(log *callbacks.Log, cfg Config) {
	if cfg.IntegrationKey != "" {
		log.Now(slog.LevelWarn, "bb: an integration key is set but analytics is disabled; no event will be sent",
			slog.String("remedy", "set "+EnvEnabled+" to true, 1 or yes, or Config.Enabled to true"))
	}
}

// warnPlainHTTP warns where the key would cross a public network in the clear.
func warnPlainHTTP(log *callbacks.Log, base string) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" || !isPublic(u.Hostname()) {
		return
	}
	log.Now(slog.LevelWarn, "bb: events and the integration key travel unencrypted",
		slog.String("host", u.Hostname()), slog.String("remedy", "use https:// in "+EnvBaseURL))
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
