package metrics

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

func zapLogger(logger *zap.Logger) *slog.Logger { return slog.New(zapslog.NewHandler(logger.Core())) }

func zerologLogger(logger zerolog.Logger) *slog.Logger {
	return slog.New(zerolog.NewSlogHandler(logger.Level(zerolog.InfoLevel)))
}

// logrusHandler gives the lines of log/slog to logrus.
type logrusHandler struct{ entry *logrus.Entry }

func logrusLogger(logger *logrus.Logger) *slog.Logger {
	return slog.New(logrusHandler{logrus.NewEntry(logger)})
}

func (h logrusHandler) Enabled(_ context.Context, level slog.Level) bool {
	return h.entry.Logger.IsLevelEnabled(logrusLevel(level))
}

func (h logrusHandler) Handle(_ context.Context, r slog.Record) error {
	entry := h.entry
	r.Attrs(func(a slog.Attr) bool {
		entry = entry.WithField(a.Key, a.Value.Any())
		return true
	})
	entry.WithTime(r.Time).Log(logrusLevel(r.Level), r.Message)
	return nil
}

func (h logrusHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.entry = h.entry.WithField(a.Key, a.Value.Any())
	}
	return h
}

func (h logrusHandler) WithGroup(string) slog.Handler { return h } // this package uses none

func logrusLevel(level slog.Level) logrus.Level {
	switch {
	case level >= slog.LevelError:
		return logrus.ErrorLevel
	case level >= slog.LevelWarn:
		return logrus.WarnLevel
	case level >= slog.LevelInfo:
		return logrus.InfoLevel
	}
	return logrus.DebugLevel
}

// The client's lines reach the logger that a bot has already, with their level and
// their attributes.
func TestLoggers(t *testing.T) {
	for name, logger := range map[string]func(io.Writer) *slog.Logger{
		"zap": func(w io.Writer) *slog.Logger {
			return zapLogger(zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(w), zap.InfoLevel)))
		},
		"zerolog": func(w io.Writer) *slog.Logger { return zerologLogger(zerolog.New(w)) },
		"logrus": func(w io.Writer) *slog.Logger {
			l := logrus.New()
			l.Out, l.Formatter = w, new(logrus.JSONFormatter)
			return logrusLogger(l)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			client := bbtest.NewServer(t).Client(func(c *bb.Config) { c.Logger = logger(&out) })
			client.Send(bb.Event{Name: "order_paid"})
			if err := client.Close(); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{`bb: analytics is on`, `"host"`, `bb: first event delivered`, `info`} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the log lacks %s:\n%s", want, &out)
				}
			}
			if strings.Contains(out.String(), "bb: request") {
				t.Errorf("the log has debug lines:\n%s", &out)
			}
		})
	}
}
