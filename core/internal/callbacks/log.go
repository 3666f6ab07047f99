package callbacks

import (
	"context"
	"log/slog"
)

// Log writes lines on a queue of its own. A line is dropped while too many wait.
type Log struct {
	Queue
	logger *slog.Logger
}

// NewLog returns a Log for a user's logger, whose handler may panic.
func NewLog(l *slog.Logger) *Log {
	if l.Handler() == nil { // new(slog.Logger)
		return &Log{logger: slog.New(slog.DiscardHandler)}
	}
	return &Log{logger: slog.New(safeHandler{l.Handler()})}
}

// Write queues a line, and reports whether there was room for it.
func (l *Log) Write(level slog.Level, message string, attrs ...slog.Attr) bool {
	return l.Do(func() { l.Now(level, message, attrs...) })
}

// Now writes a line before it returns. It is for New, which no handler waits for.
func (l *Log) Now(level slog.Level, message string, attrs ...slog.Attr) {
	l.logger.LogAttrs(context.Background(), level, message, attrs...)
}

// Debug reports whether lines of level debug are wanted.
func (l *Log) Debug() bool { return l.logger.Enabled(context.Background(), slog.LevelDebug) }

// safeHandler contains the panics of a handler.
type safeHandler struct{ slog.Handler }

func (h safeHandler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	defer func() { _ = recover() }()
	return h.Handler.Enabled(ctx, level)
}

func (h safeHandler) Handle(ctx context.Context, r slog.Record) (err error) {
	defer func() { _ = recover() }()
	return h.Handler.Handle(ctx, r)
}
