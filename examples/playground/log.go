package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// clientLog is the log of a bot's client, on the board. What is said at debug
// level is shown as rows, if it was not sent, and else by what the API sees.
type clientLog struct {
	board   *page.Board
	library string
}

var heldBack = map[bb.DropReason]struct{ status, note string }{
	bb.DropThrottled: {page.Throttled, "not sent: one a minute at most"},
	bb.DropDuplicate: {page.Duplicate, "not sent: its key was sent before"},
}

func (l *clientLog) Handle(_ context.Context, r slog.Record) error {
	if r.Level < slog.LevelInfo {
		var ev bb.Event
		var reason bb.DropReason
		r.Attrs(func(a slog.Attr) bool {
			switch a.Key {
			case "reason":
				reason = bb.DropReason(a.Value.String())
			case "event":
				ev.Name = a.Value.String()
			case "user":
				ev.UserID = a.Value.Int64()
			case "chat":
				ev.ChatID = a.Value.Int64()
			}
			return true
		})
		if why, ok := heldBack[reason]; ok {
			l.board.HeldBack(l.library, ev, why.status, why.note)
		}
		return nil
	}
	var text strings.Builder
	text.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		value := a.Value.String()
		if strings.ContainsAny(value, " \"=\n") {
			value = strconv.Quote(value)
		}
		fmt.Fprintf(&text, " %s=%s", a.Key, value)
		return true
	})
	l.board.Logged(page.Line{Library: l.library, At: r.Time.UnixMilli(), Level: r.Level.String(), Text: text.String()})
	return nil
}

func (l *clientLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *clientLog) WithAttrs([]slog.Attr) slog.Handler       { return l } // the client has none
func (l *clientLog) WithGroup(string) slog.Handler            { return l }
