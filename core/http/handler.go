package bbhttp

import (
	"crypto/subtle"
	"io"
	"log/slog"
	"net/http"
	"strings"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// NewHandler returns a handler that shows client the update in each request to a
// webhook and calls next, with the update's tracker in the context of the request,
// for [bb.FromContext]. A client that is nil or disabled sees nothing.
//
// The body is read before next is called, up to 1 MiB; next can read it all. What
// is larger, encoded or no update passes unseen; the log says so once. Without
// [WithSecretToken] everybody who finds the address can make people up: one warning
// in the log says so.
func NewHandler(client *bb.Client, next http.Handler, opts ...Option) http.Handler {
	h := &handler{client: client, next: next}
	for _, opt := range opts {
		if opt != nil {
			opt(h)
		}
	}
	if h.secret == "" {
		client.Warn("bb: updates at the webhook are counted whoever sends them",
			slog.String("remedy", "use bbhttp.WithSecretToken with the secret_token of setWebhook"))
	}
	return h
}

// Option is a setting of [NewHandler].
type Option func(*handler)

// WithSecretToken names the secret_token that setWebhook was called with. Requests
// without it pass unseen; next decides what to answer.
func WithSecretToken(token string) Option { return func(h *handler) { h.secret = token } }

// WithBot says which bot the webhook is for: the number before the colon of its
// token, and its user name, with or without "@". Without it the one bot that the
// client has seen otherwise stands in, and commands for any @name count.
func WithBot(id int64, username string) Option {
	return func(h *handler) { h.botID, h.username = id, strings.TrimPrefix(username, "@") }
}

type handler struct {
	client   *bb.Client
	next     http.Handler
	secret   string // "": everybody is believed
	botID    int64
	username string
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && r.Body != nil && h.client.Enabled() && h.isTelegram(r) {
		r = h.observe(r)
	}
	h.next.ServeHTTP(w, r)
}

func (h *handler) isTelegram(r *http.Request) bool {
	got := r.Header.Get("X-Telegram-Bot-Api-Secret-Token")
	return h.secret == "" || subtle.ConstantTimeCompare([]byte(got), []byte(h.secret)) == 1
}

// observe returns the request with the tracker of its update.
func (h *handler) observe(r *http.Request) *http.Request {
	if isEncoded(r.Header) {
		h.unseen(encoded)
		return r
	}
	data, whole, reason := readAhead(r.Body, maxRequest)
	ctx := r.Context()
	if reason == "" {
		u, err := bb.UpdateFromJSON(data, h.botID, h.username)
		if err != nil {
			reason = foreign
		} else {
			ctx = bb.NewContext(ctx, h.client.Observe(u))
		}
	}
	if reason != "" {
		h.unseen(reason)
	}
	seen := r.WithContext(ctx)
	seen.Body = struct {
		io.Reader
		io.Closer
	}{whole, r.Body}
	return seen
}

func (h *handler) unseen(reason string) {
	h.client.Warn("bb: a request to the webhook passed unseen, for " + reason + "; only an adapter counts what is in it")
}
