package bb

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"strings"
)

// safeLogger keeps panics of a user's log handler away from everything else.
func safeLogger(l *slog.Logger) *slog.Logger {
	if l.Handler() == nil { // new(slog.Logger)
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(safeHandler{l.Handler()})
}

type safeHandler struct{ slog.Handler }

func (h safeHandler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	defer func() { _ = recover() }()
	return h.Handler.Enabled(ctx, level)
}

func (h safeHandler) Handle(ctx context.Context, r slog.Record) (err error) {
	defer func() { _ = recover() }()
	return h.Handler.Handle(ctx, r)
}

// warnPlainHTTP warns where the key would cross a public network in the clear.
func warnPlainHTTP(logger *slog.Logger, base string) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" || !isPublic(u.Hostname()) {
		return
	}
	logger.Warn("bb: events and the integration key travel unencrypted", "host", u.Hostname(),
		"remedy", "use https:// in "+EnvBaseURL)
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
