package bb_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// hostile is text as nobody wants it in a terminal.
const hostile = "Bearer " + testKey + "\x1b]0;owned\x07 \u202e\u2066" + testKey

// checkText reports what must not be in anything that a person reads.
func checkText(t *testing.T, what, text string) {
	t.Helper()
	if strings.Contains(strings.ToLower(text), strings.ToLower(testKey)) {
		t.Errorf("%s holds the key: %.300q", what, text)
	}
	for _, r := range text {
		if !unicode.IsPrint(r) && r != '\n' {
			t.Errorf("%s holds %U: %.300q", what, r, text)
			return
		}
	}
	for line := range strings.Lines(text) {
		if len(line) > 2500 {
			t.Errorf("%s has a line of %d bytes", what, len(line))
		}
	}
}

// checkError looks at an error and all that it wraps, printed in every way.
func checkError(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
			checkText(t, "the error as "+verb, fmt.Sprintf(verb, err))
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, part := range joined.Unwrap() {
				checkError(t, part)
			}
		}
		var delivery *bb.DeliveryError
		if errors.As(err, &delivery) {
			checkText(t, "the DeliveryError", fmt.Sprintf("%s %s %v", delivery.Cause, delivery.Remedy, delivery.Err))
		}
	}
}

// A peer may quote what it was sent, the key too, wherever it answers.
func TestNothingFromOutsideIsShownAsItIs(t *testing.T) {
	quoted := fmt.Sprintf("%q", hostile)
	answers := map[string]string{
		"status line":           "HTTP/1.1 x" + hostile + "\r\n\r\n",
		"reason of a refusal":   "HTTP/1.1 422 X\r\nContent-Length: %d\r\n\r\n" + `{"detail":"no ` + testKey + `"}`,
		"escaped in a refusal":  "HTTP/1.1 422 X\r\nContent-Length: %d\r\n\r\n" + `{"detail":"\u0076ery-secret-integration-key\u001b[31m\u202e"}`,
		"faults of a refusal":   "HTTP/1.1 422 X\r\nContent-Length: %d\r\n\r\n" + `{"detail":[{"loc":["` + testKey + `"],"type":"` + testKey + `"}]}`,
		"header":                "HTTP/1.1 200 OK\r\n" + hostile + "\r\n\r\n",
		"redirect":              "HTTP/1.1 301 X\r\nLocation: https://" + testKey + ".example/\r\nContent-Length: 0\r\n\r\n",
		"redirect, other case":  "HTTP/1.1 301 X\r\nLocation: https://" + strings.ToUpper(testKey) + "/\r\nContent-Length: 0\r\n\r\n",
		"chunk":                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + hostile + "\r\n",
		"length":                "HTTP/1.1 200 OK\r\nContent-Length: " + testKey + "\r\n\r\n",
		"encoding":              "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + testKey + "\r\n\r\n",
		"page":                  "HTTP/1.1 401 X\r\nContent-Length: %d\r\n\r\n<html>" + hostile,
		"JSON":                  "HTTP/1.1 500 X\r\nContent-Length: %d\r\n\r\n" + `{"` + testKey + `":["` + testKey + `"]}`,
		"Go's way of quoting":   "HTTP/1.1 500 X\r\nContent-Length: %d\r\n\r\n" + quoted,
		"a location of 5 MB":    "HTTP/1.1 301 X\r\nLocation: https://" + strings.Repeat("x", 5<<20) + "/\r\n\r\n",
		"a status line of 5 MB": "HTTP/1.1 x" + strings.Repeat("x", 5<<20) + "\r\n\r\n",
	}
	onEachWay(t, func(t *testing.T, w way) {
		for name, text := range answers {
			t.Run(name, func(t *testing.T) {
				if head, body, found := strings.Cut(text, "\r\n\r\n"); found && strings.Contains(head, "%d") {
					text = fmt.Sprintf(head, len(body)) + "\r\n\r\n" + body
				}
				url := w.raw(t, func(_ int, conn net.Conn, _ *http.Request) bool {
					_, _ = io.WriteString(conn, text)
					return false
				})
				lines := &logLines{}
				client := w.client(t, url, func(cfg *bb.Config) { cfg.Logger = lines.logger(slog.LevelDebug) })
				checkError(t, client.Check(t.Context()))
				client.Send(bb.Event{Name: "x" + hostile})
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				defer cancel()
				checkError(t, client.Flush(ctx))
				checkError(t, client.Shutdown(ctx))
				if len(lines.lines()) == 0 {
					t.Error("nothing was logged")
				}
				checkText(t, "the log", strings.Join(lines.lines(), "\n"))
			})
		}
	})
}

// What a transport of the user says is from outside too; errors.Is still sees it.
func TestErrorsOfATransportAreCleaned(t *testing.T) {
	var own = errors.New("proxy says " + hostile)
	lines := &logLines{}
	client := newClient(t, &fakeAPI{answer: fails(fmt.Errorf("dial %s: %w", hostile, own))}, func(cfg *bb.Config) {
		cfg.Logger = lines.logger(slog.LevelDebug)
	})
	err := client.Check(t.Context())
	checkError(t, err)
	if !errors.Is(err, own) {
		t.Errorf("errors.Is does not find the transport's error in %v", err)
	}
	client.Send(bb.Event{Name: "x"})
	checkError(t, client.Shutdown(ended()))
	checkText(t, "the log", strings.Join(lines.lines(), "\n"))
}

// badlyClosed is an outbox whose server says something as it is closed.
type badlyClosed struct {
	*store.Memory
	err error
}

func (b badlyClosed) Place() store.Place { return store.Place{Store: b} }

func (b badlyClosed) Close() ([]store.Record, error) {
	lost, _ := b.Memory.Close()
	return lost, b.err
}

// So is what an outbox says, as one in Redis does.
func TestErrorsOfAnOutboxAreCleaned(t *testing.T) {
	own := errors.New("ERR " + hostile)
	client := newClient(t, &fakeAPI{answer: fails(io.EOF)}, func(cfg *bb.Config) {
		cfg.Outbox = badlyClosed{store.NewMemory(store.Bounds{Events: 10, Bytes: 1 << 20}), own}
	})
	client.Send(bb.Event{Name: "x"})
	err := client.Shutdown(ended())
	checkError(t, err)
	if !errors.Is(err, own) {
		t.Errorf("errors.Is does not find the outbox's error in %v", err)
	}
}

// A payload's names may come from the bot's users.
func TestNamesInAPayloadAreCleaned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		client := newClient(t, &fakeAPI{}, func(cfg *bb.Config) { cfg.Logger = log.logger(slog.LevelDebug) })
		client.Send(bb.Event{Name: "x", Payload: bb.Payload{hostile + strings.Repeat("y", 5000): 1}})
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		checkText(t, "the log", strings.Join(log.lines(), "\n"))
	})
}
