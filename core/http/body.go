package bbhttp

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// How much is held to look at it. The answer of getUpdates has at most a hundred
// updates, a webhook's request one.
const (
	maxAnswer  = 16 << 20
	maxRequest = 1 << 20
)

// Reasons why something is not seen.
const (
	tooLarge = "it is too large"
	broken   = "it ended in the middle"
	encoded  = "it is compressed, and the library decodes it itself"
	foreign  = "it is nothing that Telegram sends"
)

// isEncoded reports whether a body is compressed that net/http does not decode.
func isEncoded(h http.Header) bool {
	encoding := h.Get("Content-Encoding")
	return encoding != "" && encoding != "identity"
}

// readAhead reads body up to a limit. It returns what it has read, a reader of the
// same bytes and of what follows them, be it more bytes or an error, and why there
// is more, "" if that is all.
func readAhead(body io.Reader, limit int64) (data []byte, whole io.Reader, reason string) {
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	switch {
	case err != nil:
		return data, io.MultiReader(bytes.NewReader(data), failing{err}), broken
	case int64(len(data)) > limit:
		return data, io.MultiReader(bytes.NewReader(data), body), tooLarge
	}
	return data, io.MultiReader(bytes.NewReader(data)), "" // which lets go of what was read
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// answer is the body of a response that is looked at when it is first read. Close
// may come while Read waits.
type answer struct {
	io.ReadCloser
	ahead  func() io.Reader // looks, the first time
	closed atomic.Bool
}

// newAnswer returns body, which see is given. It reports whether that is what it
// should be; unseen gets the reason why it was not seen. ctx, that of the request, ends the
// reading too.
func newAnswer(ctx context.Context, body io.ReadCloser, see func(data []byte) bool, unseen func(reason string)) *answer {
	return &answer{ReadCloser: body, ahead: sync.OnceValue(func() io.Reader {
		data, whole, reason := readAhead(body, maxAnswer)
		switch {
		case reason == "" && !see(data):
			unseen(foreign)
		case reason != "" && ctx.Err() == nil: // else the bot stops
			unseen(reason)
		}
		return whole
	})}
}

// Read reads what the body would, byte for byte.
func (a *answer) Read(p []byte) (int, error) {
	if !a.closed.Load() {
		if whole := a.ahead(); !a.closed.Load() {
			return whole.Read(p)
		}
	}
	return a.ReadCloser.Read(p)
}

// Close lets the body answer from then on.
func (a *answer) Close() error {
	a.closed.Store(true)
	return a.ReadCloser.Close()
}
