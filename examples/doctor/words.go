package main

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// explain says of a network error what the library says of it, in the log of
// the bot too: it asks a client whose transport fails with err.
func explain(ctx context.Context, err error) string {
	client, newErr := bb.New(bb.Config{
		Enabled:        true,
		IntegrationKey: "none",
		Transport:      failing{err},
		Logger:         slog.New(slog.DiscardHandler),
	})
	if newErr != nil {
		return err.Error()
	}
	return words(client.Check(context.WithoutCancel(ctx)))
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// words are those of an error of the library, without its name.
func words(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(err.Error(), "bb: ")
}

// notes is a log handler that keeps the first warning of a client: those that
// follow are about the same.
type notes struct {
	mu    sync.Mutex // guards first
	first string
}

func (n *notes) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (n *notes) Handle(_ context.Context, r slog.Record) error {
	line := strings.TrimPrefix(r.Message, "bb: ")
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "cause", "last_cause", "remedy":
			line += ": " + strings.TrimPrefix(a.Value.String(), "bb: ")
		}
		return true
	})
	n.mu.Lock()
	defer n.mu.Unlock()
	n.first = cmp.Or(n.first, line)
	return nil
}

func (n *notes) WithAttrs([]slog.Attr) slog.Handler { return n }
func (n *notes) WithGroup(string) slog.Handler      { return n }

// take returns the first warning since the last call.
func (n *notes) take() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	text := n.first
	n.first = ""
	return text
}
