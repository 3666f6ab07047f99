package bbhttp_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbhttp "github.com/silverbranch/bb-telegram-analytics-go/core/http"
)

// webhook is a bot's own handler: it reads what it gets and uses the tracker.
type webhook struct {
	calls   int
	text    string
	err     error
	tracker *bb.Tracker
}

func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	h.calls++
	h.text, h.err, h.tracker = string(data), err, bb.FromContext(r.Context())
	h.tracker.ChoiceMade(bb.Payload{"team_code": "bra"})
	w.WriteHeader(http.StatusTeapot)
}

func post(body io.Reader, secret string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/telegram", body)
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	return r
}

// The update counts once however often it is delivered, and the handler has its
// tracker each time.
func TestHandler(t *testing.T) {
	rec := bbtest.NewRecorder(t)
	bot := new(webhook)
	h := bbhttp.NewHandler(rec.Client(), bot, bbhttp.WithSecretToken("s"), bbhttp.WithBot(42, "@test_bot"), nil)
	for range 2 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, post(strings.NewReader(start), "s"))
		if w.Code != http.StatusTeapot || bot.text != start || bot.err != nil || bot.tracker == nil {
			t.Errorf("answered %d; the bot read %q, %v and has the tracker %v", w.Code, bot.text, bot.err, bot.tracker)
		}
	}
	rec.Want(bb.EventUserStarted, 1)
	rec.Want(bb.EventActivity, 1)
	if got := rec.Want(bb.EventChoiceMade, 1)[0]; got.UserID != 7 {
		t.Errorf("choice_made of user %d", got.UserID)
	}

	h.ServeHTTP(httptest.NewRecorder(), post(strings.NewReader(strings.NewReplacer("100", "101", "/start", "/start@other_bot").Replace(start)), "s"))
	rec.Want(bb.EventUserStarted, 1)
}

// The keys are those of a bot that polls: BotID is part of them.
func TestHandlerKeys(t *testing.T) {
	key := func(see func(*bb.Client)) string {
		rec := bbtest.NewRecorder(t)
		see(rec.Client())
		return rec.Want(bb.EventUserStarted, 1)[0].IdempotencyKey
	}
	polled := key(func(client *bb.Client) { _, _ = do(t, bbhttp.NewTransport(client, always(updates(start))), getUpdates) })
	pushed := key(func(client *bb.Client) {
		bbhttp.NewHandler(client, new(webhook), bbhttp.WithBot(42, "")).ServeHTTP(httptest.NewRecorder(), post(strings.NewReader(start), ""))
	})
	if polled != pushed {
		t.Errorf("keys %s and %s", polled, pushed)
	}
}

// What is not Telegram's, or cannot be read, gets to the bot as it came.
func TestHandlerPassesUnseen(t *testing.T) {
	reset := errors.New("connection reset")
	packed := post(strings.NewReader("packed"), "s")
	packed.Header.Set("Content-Encoding", "gzip")
	get := httptest.NewRequest(http.MethodGet, "/telegram", nil)
	get.Header.Set("X-Telegram-Bot-Api-Secret-Token", "s")
	large := start + strings.Repeat(" ", 1<<20)
	for name, tc := range map[string]struct {
		request *http.Request
		text    string
		err     error
	}{
		"no secret":    {post(strings.NewReader(start), ""), start, nil},
		"wrong secret": {post(strings.NewReader(start), "S"), start, nil},
		"GET":          {get, "", nil},
		"no JSON":      {post(strings.NewReader("<html>"), "s"), "<html>", nil},
		"empty":        {post(strings.NewReader(""), "s"), "", nil},
		"packed":       {packed, "packed", nil},
		"large":        {post(strings.NewReader(large), "s"), large, nil},
		"broken":       {post(io.MultiReader(strings.NewReader(start), iotest.ErrReader(reset)), "s"), start, reset},
	} {
		rec := bbtest.NewRecorder(t)
		bot := new(webhook)
		bbhttp.NewHandler(rec.Client(), bot, bbhttp.WithSecretToken("s")).ServeHTTP(httptest.NewRecorder(), tc.request)
		if bot.calls != 1 || bot.text != tc.text || bot.err != tc.err || bot.tracker != nil {
			t.Errorf("%s: %d calls, read %d bytes and %v, want %d and %v; tracker %v",
				name, bot.calls, len(bot.text), bot.err, len(tc.text), tc.err, bot.tracker)
		}
		if events := rec.Events(); len(events) > 0 {
			t.Errorf("%s: %+v", name, events)
		}
	}
	for _, client := range []*bb.Client{nil, disabled(t)} {
		bot := new(webhook)
		bbhttp.NewHandler(client, bot).ServeHTTP(httptest.NewRecorder(), post(strings.NewReader(start), ""))
		if bot.text != start || bot.tracker != nil {
			t.Errorf("without analytics the bot read %q and has the tracker %v", bot.text, bot.tracker)
		}
	}
}

func TestHandlerWarns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
		client := bbtest.NewRecorder(t, log.configure).Client()
		open := bbhttp.NewHandler(client, nothing)
		for range 3 {
			open.ServeHTTP(httptest.NewRecorder(), post(strings.NewReader("<html>"), ""))
		}
		bbhttp.NewHandler(client, nothing, bbhttp.WithSecretToken("s")).
			ServeHTTP(httptest.NewRecorder(), post(strings.NewReader("<html>"), ""))
		synctest.Wait()
		got := log.warnings()
		if len(got) != 2 || !strings.HasPrefix(got[0], `"bb: updates at the webhook are counted whoever sends them"`) ||
			!strings.HasPrefix(got[1], `"bb: a request to the webhook passed unseen, for`) {
			t.Errorf("the log says\n%s", strings.Join(got, "\n"))
		}
	})
}
