package bbhttp

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
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

// answer is the body of a response that is looked at when it is first read.
type answer struct {
	inner  io.ReadCloser
	ctx    context.Context        // of the request, which ends the reading too
	see    func(data []byte) bool // reports whether it is what it should be
	unseen func(reason string)

	mu   sync.Mutex // guards rest, since Close may come while Read waits
	rest io.Reader  // nil: not read yet
}

// Read reads what the inner body would, byte for byte.
func (a *answer) Read(p []byte) (int, error) {
	rest := a.unread()
	if rest == nil {
		data, whole, reason := readAhead(a.inner, maxAnswer)
		switch {
		case reason == "" && !a.see(data):
			a.unseen(foreign)
		case reason != "" && a.ctx.Err() == nil: // else the bot stops
			a.unseen(reason)
		}
		rest = a.begin(whole)
	}
	return rest.Read(p)
}

// Close lets go of what is held. From then on the inner body answers.
func (a *answer) Close() error {
	a.mu.Lock()
	a.rest = a.inner
	a.mu.Unlock()
	return a.inner.Close()
}

func (a *answer) unread() io.Reader {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rest
}

// begin keeps what is to be read, unless Close was called meanwhile.
func (a *answer) begin(whole io.Reader) io.Reader {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.rest == nil {
		a.rest = whole
	}
	return a.rest
}
