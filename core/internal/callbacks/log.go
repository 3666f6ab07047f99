package callbacks

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/redact"
)

// Log writes lines on a queue of its own. A line is dropped while too many wait.
type Log struct {
	Queue
	logger *slog.Logger
	redact *redact.Redactor
	debug  atomic.Bool
	begun  time.Time
	asked  atomic.Int64 // when the logger was last asked about debug, since begun
	said   sync.Map     // messages that Once wrote
}

// lineBytes is about what a line keeps in memory.
const lineBytes = 512

// debugAge is how long an answer of the logger about debug is good for.
const debugAge = time.Second

// NewLog returns a Log for a user's logger, whose handler may panic, or be nil. All
// text in its lines passes the Redactor.
func NewLog(l *slog.Logger, r *redact.Redactor) *Log {
	log := &Log{logger: l, redact: r, begun: time.Now()}
	contain(log.ask)
	return log
}

// Write queues a line, and reports whether there was room for it.
func (l *Log) Write(level slog.Level, message string, attrs ...slog.Attr) bool {
	attrs = l.redact.Attrs(attrs) // now, since what waits is bounded
	return l.Do(lineBytes, func() { l.Now(level, message, attrs...) })
}

// Once queues a warning, unless it did so before.
func (l *Log) Once(message string, attrs ...slog.Attr) {
	if _, said := l.said.LoadOrStore(message, true); !said && !l.Write(slog.LevelWarn, message, attrs...) {
		l.said.Delete(message)
	}
}

// Clean returns err with a text as a line would have it.
func (l *Log) Clean(err error) error { return l.redact.Error(err) }

// Now writes a line before it returns. It is for New, which no handler waits for.
func (l *Log) Now(level slog.Level, message string, attrs ...slog.Attr) {
	attrs = l.redact.Attrs(attrs)
	contain(func() { l.logger.LogAttrs(context.Background(), level, message, attrs...) })
}

// Debug reports whether lines of level debug are wanted, or were a second ago. It
// asks the logger on the queue only: handlers do not wait for it.
func (l *Log) Debug() bool {
	now, asked := int64(time.Since(l.begun)), l.asked.Load()
	if now-asked >= int64(debugAge) && l.asked.CompareAndSwap(asked, now) {
		l.Do(0, l.ask)
	}
	return l.debug.Load()
}

func (l *Log) ask() {
	l.debug.Store(l.logger.Enabled(context.Background(), slog.LevelDebug))
}

// WasDebug reports what Debug said last. It costs a handler next to nothing.
func (l *Log) WasDebug() bool { return l.debug.Load() }
