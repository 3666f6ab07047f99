package bbhttp

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// Transport is an http.RoundTripper that shows a client the updates in the answers
// of getUpdates, and learns the bot's name from that of getMe. Several bots may use
// it, and concurrently.
type Transport struct {
	base   http.RoundTripper
	client *bb.Client
	bots   sync.Map // of *bot, by id
}

// NewTransport returns a Transport that makes its requests with base, or with
// http.DefaultTransport if that is nil. A client that is nil or disabled sees
// nothing.
//
// An update counts when the library has polled it, before it decodes it. The answer
// is held while the library reads it, up to 16 MiB. A larger one passes unseen, as
// does one that is encoded, ends in the middle or is no JSON; the log says so once.
//
// Requests of other methods and to other hosts pass untouched. Of a request nothing
// is read but its path, and of the token in it nothing is kept but the bot's id.
func NewTransport(client *bb.Client, base http.RoundTripper) *Transport {
	if base == nil {
		base = http.DefaultTransport
	}
	return &Transport{base: base, client: client}
}

// RoundTrip makes a request as the base does.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(r)
	if err != nil || resp == nil || resp.Body == nil || resp.StatusCode != http.StatusOK || !t.client.Enabled() {
		return resp, err
	}
	id, method := parsePath(r.URL.Path)
	switch {
	case strings.EqualFold(method, "getUpdates"):
		t.watch(r, resp, func(data []byte) bool { return t.observe(t.bot(id), data) })
	case strings.EqualFold(method, "getMe"):
		t.watch(r, resp, func(data []byte) bool { return t.introduce(id, data) })
	}
	return resp, nil
}

// CloseIdleConnections closes those of the base, if that has any.
func (t *Transport) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// watch gives an answer to see when it is read.
func (t *Transport) watch(r *http.Request, resp *http.Response, see func([]byte) bool) {
	if isEncoded(resp.Header) {
		t.unseen(encoded)
		return
	}
	resp.Body = newAnswer(r.Context(), resp.Body, see, t.unseen)
}

// introduce tells the client what a bot is called, by an answer of getMe.
func (t *Transport) introduce(id int64, data []byte) bool {
	var me struct {
		Result struct {
			Username string `json:"username"`
		} `json:"result"`
	}
	if json.Unmarshal(data, &me) != nil {
		return false
	}
	t.client.Named(id, me.Result.Username)
	return true
}

// observe shows the client the updates in an answer of getUpdates.
func (t *Transport) observe(b *bot, data []byte) bool {
	objects, ok := split(data)
	updates := make([]bb.Update, 0, len(objects))
	for _, raw := range objects {
		if u, err := bb.UpdateFromJSON(raw, b.id, ""); err == nil {
			t.client.Observe(u)
			updates = append(updates, bb.Update{ID: u.ID, Kind: u.Kind}) // no text is kept
		}
	}
	if u, stuck := b.stuck(updates); stuck {
		t.client.Warn(fmt.Sprintf("bb: the library cannot get past update %d, %s", u.ID, kindOf(u)),
			slog.Int64("bot", b.id),
			slog.String("cause", "Telegram sends it again and again, for it is not confirmed; nothing after it reaches the bot"),
			slog.String("remedy", "update the library, or leave the kind out of allowed_updates"))
	}
	return ok && len(updates) == len(objects)
}

func kindOf(u bb.Update) string {
	switch {
	case u.Kind == "":
		return "of an unknown kind"
	case strings.ContainsRune("aeiou", rune(u.Kind[0])):
		return "an " + u.Kind
	}
	return "a " + u.Kind
}

func (t *Transport) unseen(reason string) {
	t.client.Warn("bb: an answer of Telegram passed unseen, for " + reason + "; only an adapter counts what is in it")
}

func (t *Transport) bot(id int64) *bot {
	b, _ := t.bots.LoadOrStore(id, &bot{id: id})
	return b.(*bot)
}

// parsePath reads a path of the Bot API, which may stand under any prefix:
// …/bot<id>:<token>/[test/]<method>. method is "" if it is none.
func parsePath(path string) (id int64, method string) {
	rest, method := cut(path)
	rest, bot := cut(rest)
	if bot == "test" {
		_, bot = cut(rest)
	}
	number, token, _ := strings.Cut(strings.TrimPrefix(bot, "bot"), ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if !strings.HasPrefix(bot, "bot") || token == "" || err != nil || number[0] < '0' {
		return 0, ""
	}
	return id, method
}

// cut cuts path at its last slash.
func cut(path string) (before, last string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}
