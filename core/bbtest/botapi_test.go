package bbtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// reply is an answer of the Bot API.
type reply struct {
	Status      int `json:"-"`
	OK          bool
	Result      json.RawMessage
	ErrorCode   int `json:"error_code"`
	Description string
}

func call(t *testing.T, api http.Handler, path, contentType, body string) (r reply) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, request)
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Errorf("%s: %v: %s", path, err, w.Body)
	}
	r.Status = w.Code
	return r
}

func TestErrorsAreTelegrams(t *testing.T) {
	api := bbtest.NewBotAPI()
	api.Bot("1:x").Fail("SendMessage", 403, "Forbidden: bot was blocked by the user")
	tests := []struct {
		path        string
		code        int
		description string
	}{
		{"/file", 404, "Not Found"},
		{"/bot1:x", 404, "Not Found"},
		{"/botx:1/getMe", 401, "Unauthorized"},
		{"/bot1:x/sendMessage?chat_id=7&text=x", 403, "Forbidden: bot was blocked by the user"},
		{"/bot1:x/sendPhoto?chat_id=seven", 400, `Bad Request: chat_id must be an integer, got "seven"`},
		{"/bot1:x/getUpdates?offset=x", 400, `Bad Request: offset must be an integer, got "x"`},
	}
	for _, test := range tests {
		r := call(t, api, test.path, "", "")
		if r.OK || r.Status != test.code || r.ErrorCode != test.code || r.Description != test.description {
			t.Errorf("%s: got %+v, want %d %q", test.path, r, test.code, test.description)
		}
	}
	if r := call(t, api, "/bot2:x/sendMessage?chat_id=7&text=x", "", ""); !r.OK {
		t.Errorf("another bot fails too: %+v", r)
	}
	api.Bot("1:x").Fail("sendmessage", 0, "")
	if r := call(t, api, "/bot1:x/sendMessage?chat_id=7&text=x", "", ""); !r.OK {
		t.Errorf("fails for ever: %+v", r)
	}
}

func TestParametersInEveryForm(t *testing.T) {
	const keyboard = `{"inline_keyboard":[[{"text":"Brazil","callback_data":"bra"}]]}`
	var multi bytes.Buffer
	parts := multipart.NewWriter(&multi)
	for name, value := range map[string]string{"chat_id": "7", "text": "hello", "reply_markup": keyboard} {
		if err := parts.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"chat_id": {"7"}, "text": {"hello"}, "reply_markup": {keyboard}}.Encode()

	api := bbtest.NewBotAPI()
	tests := []struct{ name, query, contentType, body string }{
		{"query", "?" + form, "", ""},
		{"urlencoded", "", "application/x-www-form-urlencoded", form},
		{"multipart", "", parts.FormDataContentType(), multi.String()},
		{"JSON", "", "application/json", `{"chat_id":7,"text":"hello","reply_markup":` + keyboard + `}`},
		{"JSON of strings", "", "application/json", fmt.Sprintf(`{"chat_id":"7","text":"hello","reply_markup":%q}`, keyboard)},
	}
	for i, test := range tests {
		r := call(t, api, "/bot1:x/sendMessage"+test.query, test.contentType, test.body)
		var sent struct {
			Text string
			From struct{ ID int64 }
			Chat struct {
				ID   int64
				Type string
			}
			Markup json.RawMessage `json:"reply_markup"`
		}
		if err := json.Unmarshal(r.Result, &sent); err != nil {
			t.Fatalf("%s: %v: %+v", test.name, err, r)
		}
		if sent.Text != "hello" || sent.From.ID != 1 || sent.Chat.ID != 7 || sent.Chat.Type != "private" || string(sent.Markup) != keyboard {
			t.Errorf("%s: sent %s", test.name, r.Result)
		}
		calls := api.Bot("1:x").Calls("sendMessage")
		if len(calls) != i+1 || calls[i].Params["text"] != "hello" || !bytes.Equal(calls[i].Result, r.Result) {
			t.Errorf("%s: calls %+v", test.name, calls)
		}
	}
}

// Some libraries send a multipart head without a part where there is no parameter.
func TestNoParametersInAnyForm(t *testing.T) {
	api := bbtest.NewBotAPI()
	for _, contentType := range []string{"", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"} {
		if r := call(t, api, "/bot1:x/getMe", contentType, ""); r.Result == nil {
			t.Errorf("%q: getMe answers %+v", contentType, r)
		}
	}
}

// The libraries decode what they are answered; see also TestRealLibraries in
// examples/internal/exampletest.
func TestResults(t *testing.T) {
	api := bbtest.NewBotAPI()
	for path, want := range map[string]string{
		"getMe":                                         `"username":"test_bot"`,
		"getWebhookInfo":                                `"url":""`,
		"getChat?chat_id=-5":                            `"type":"group"`,
		"getChat?chat_id=-1000000000005":                `"type":"supergroup"`,
		"getChatMember?chat_id=-5&user_id=7":            `"status":"member"`,
		"getMyCommands":                                 `[]`,
		"getUserProfilePhotos?user_id=7":                `{}`,
		"sendMessage?chat_id=@news&text=x":              `"type":"supergroup"`,
		"sendMediaGroup?chat_id=7":                      `[{`,
		"sendChatAction?chat_id=7":                      `true`,
		"copyMessage?chat_id=7":                         `{"message_id":`,
		"forwardMessage?chat_id=7":                      `"type":"private"`,
		"editMessageText?chat_id=7&message_id=3&text=x": `"message_id":3`,
		"editMessageText?inline_message_id=3&text=x":    `true`,
		"deleteWebhook":                                 `true`,
	} {
		r := call(t, api, "/bot42:x/"+path, "", "")
		isTrue := string(r.Result) == "true"
		if !r.OK || isTrue != (want == "true") || !strings.Contains(string(r.Result), want) {
			t.Errorf("%s: %s, want %s", path, r.Result, want)
		}
	}
}

// A test that waits for the bot sees every call, also those that failed.
func TestTelegramCalls(t *testing.T) {
	telegram := bbtest.NewTelegram(t)
	telegram.Fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
	var hooked []string
	telegram.OnCall = func(c bbtest.Call) { hooked = append(hooked, c.Method) }
	base := telegram.URL + "/bot" + telegram.Token
	var bot sync.WaitGroup
	defer bot.Wait()
	bot.Go(func() {
		for _, method := range []string{"getMe", "sendMessage?chat_id=7&text=x", "getUpdates", "setMyCommands"} {
			response, err := http.Get(base + "/" + method)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
	})
	telegram.Wait("setMyCommands", 1)
	if sent := telegram.Calls("sendMessage"); len(sent) != 1 || sent[0].Result != nil || sent[0].Params["chat_id"] != "7" {
		t.Errorf("sendMessage %+v", sent)
	}
	if want := []string{"getMe", "sendMessage", "setMyCommands"}; !slices.Equal(hooked, want) || len(telegram.Calls("")) != len(want) {
		t.Errorf("calls %v, hooked %v; want %v", telegram.Calls(""), hooked, want)
	}
}

// A bot that was started with another token would wait for ever.
func TestTelegramKnowsItsToken(t *testing.T) {
	telegram := bbtest.NewTelegram(t)
	for token, want := range map[string]int{telegram.Token: http.StatusOK, "42:another": http.StatusUnauthorized} {
		response, err := http.Get(telegram.URL + "/bot" + token + "/getMe")
		if err != nil {
			t.Fatal(err)
		}
		if _ = response.Body.Close(); response.StatusCode != want {
			t.Errorf("token %s: %s, want %d", token, response.Status, want)
		}
	}
}

func TestPushWantsAnUpdate(t *testing.T) {
	bot := bbtest.NewBotAPI().Bot("1:x")
	for _, raw := range []string{``, `[]`, `{"message":{}}`, `{"update_id":"x"}`} {
		if err := bot.Push([]byte(raw)); err == nil || !strings.Contains(err.Error(), "update_id") {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for i, raw := range [][]byte{
		bbtest.StartJSON(7, ""), bbtest.TextJSON(7, "hi"), bbtest.GroupTextJSON(7, -5, "hi"), bbtest.ButtonJSON(7, "bra"),
		bbtest.UpdateJSON("poll_answer", map[string]any{"poll_id": "1"}),
	} {
		if err := bot.Push(raw); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	telegram := bbtest.NewTelegram(&failures{TB: t})
	defer func() {
		if got := recover(); got != errFatal {
			t.Errorf("Push of no update ended with %v", got)
		}
	}()
	telegram.Push(nil)
}

var errFatal = errors.New("the test was ended")

func (f *failures) Fatal(...any) { panic(errFatal) }

// Many bots of one handler at the same time: the race detector reads along.
func TestConcurrentBots(t *testing.T) {
	api := bbtest.NewBotAPI()
	var work sync.WaitGroup
	for n := range 3 {
		token := fmt.Sprintf("%d:x", n+1)
		for range 4 {
			work.Go(func() {
				for range 20 {
					_ = api.Bot(token).Push(bbtest.TextJSON(7, "hi"))
					call(t, api, "/bot"+token+"/sendMessage?chat_id=7&text=x", "", "")
					call(t, api, "/bot"+token+"/getUpdates", "", "")
				}
			})
		}
	}
	work.Wait()
	for n := range 3 {
		if calls := api.Bot(fmt.Sprintf("%d:x", n+1)).Calls("sendMessage"); len(calls) != 80 {
			t.Errorf("bot %d made %d calls, want 80", n+1, len(calls))
		}
	}
}
