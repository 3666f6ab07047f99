package bbtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// What a bot is whose test does not say otherwise.
const (
	defaultBotID    = 42
	defaultUsername = "test_bot"
)

// BotAPI is a Telegram Bot API without Telegram, an [http.Handler] for any
// number of bots: enough of it for the Go libraries to log in, poll, and be
// answered. A bot is known by its token, "<id>:<secret>", and any token is a
// good one. All methods may be called concurrently.
//
// It keeps no chats: whatever a bot sends is taken, and is answered with a
// message that fits. allowed_updates is ignored, and a webhook is never called.
type BotAPI struct {
	only string // the one token that is a good one; "": any

	mu   sync.Mutex // guards bots
	bots map[string]*Bot
}

// Bot is one bot's side of a [BotAPI]: what it gets, and what it did.
type Bot struct {
	// Username is what getMe answers. OnCall, if not nil, is called with each
	// call of the bot but getUpdates before it is answered, one at a time; it
	// must not call the Bot's methods. Set both before the bot starts.
	Username string
	OnCall   func(Call)

	id int64

	mu       sync.Mutex // guards what follows, and makes calls of OnCall serial
	updates  queue
	replaced chan struct{} // closed: the hanging getUpdates was replaced
	failing  map[string]apiError
	calls    []Call
	changed  chan struct{} // closed and renewed when updates or calls grow
}

// Call is one call of a bot.
type Call struct {
	Method string            // as the bot spells it
	Params map[string]string // objects are JSON
	Result json.RawMessage   // what was answered; nil: the call failed
}

// NewBotAPI returns a BotAPI.
func NewBotAPI() *BotAPI { return &BotAPI{bots: make(map[string]*Bot)} }

// Bot returns the bot with a token. It panics if the token does not begin with
// a number and a colon.
func (a *BotAPI) Bot(token string) *Bot {
	b, err := a.bot(token)
	if err != nil {
		panic(err.Error())
	}
	return b
}

func (a *BotAPI) bot(token string) (*Bot, error) {
	number, _, _ := strings.Cut(token, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("bbtest: a token looks like 42:secret, got %q", token)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bots[token] == nil {
		a.bots[token] = &Bot{
			Username: defaultUsername, id: id,
			failing: make(map[string]apiError), changed: make(chan struct{}),
		}
	}
	return a.bots[token], nil
}

// Calls returns the calls of a method so far, oldest first; with "" those of
// all methods. getUpdates is not kept.
func (b *Bot) Calls(method string) []Call {
	calls, _ := b.callsAnd(method)
	return calls
}

// callsAnd also returns what is closed when there may be more.
func (b *Bot) callsAnd(method string) (calls []Call, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, call := range b.calls {
		if method == "" || strings.EqualFold(call.Method, method) {
			calls = append(calls, call)
		}
	}
	return calls, b.changed
}

// Fail makes every call of a method fail from now on, as in
//
//	bot.Fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
//
// Status 0 ends that.
func (b *Bot) Fail(method string, status int, description string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if method = strings.ToLower(method); status == 0 {
		delete(b.failing, method)
	} else {
		b.failing[method] = apiError{status, description}
	}
	b.notify()
}

// ServeHTTP answers /bot<token>/<method>.
func (a *BotAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	result, err := a.serve(w, r)
	status, answer := http.StatusOK, map[string]any{"ok": true, "result": result}
	if err != nil {
		var failure apiError
		if !errors.As(err, &failure) {
			failure = apiError{http.StatusBadRequest, "Bad Request: " + err.Error()}
		}
		status, answer = failure.status, map[string]any{
			"ok": false, "error_code": failure.status, "description": failure.description,
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func (a *BotAPI) serve(w http.ResponseWriter, r *http.Request) (json.RawMessage, error) {
	path, isBot := strings.CutPrefix(r.URL.Path, "/bot")
	token, method, hasMethod := strings.Cut(path, "/")
	if !isBot || !hasMethod {
		return nil, apiError{http.StatusNotFound, "Not Found"}
	}
	b, err := a.bot(token)
	if err != nil || a.only != "" && a.only != token {
		return nil, apiError{http.StatusUnauthorized, "Unauthorized"}
	}
	params, err := parseParams(w, r)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(method, "getUpdates") {
		return b.getUpdates(r.Context(), params)
	}
	return b.call(method, params)
}

func (b *Bot) call(method string, params map[string]string) (json.RawMessage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	call := Call{Method: method, Params: params}
	err := b.failure(method)
	if err == nil {
		call.Result, err = b.result(strings.ToLower(method), params)
	}
	if b.OnCall != nil {
		b.OnCall(call)
	}
	b.calls = newest(append(b.calls, call))
	b.notify()
	return call.Result, err
}

// failure is what Fail asked for, or nil. b.mu is held.
func (b *Bot) failure(method string) error {
	if failure, ok := b.failing[strings.ToLower(method)]; ok {
		return failure
	}
	return nil
}

// notify wakes those who wait for updates or calls. b.mu is held.
func (b *Bot) notify() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// apiError is an answer with "ok": false.
type apiError struct {
	status      int
	description string
}

func (e apiError) Error() string { return fmt.Sprintf("%d %s", e.status, e.description) }
