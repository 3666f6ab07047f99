package telegramsim_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/telegramsim"
)

func TestErrorsAreTelegrams(t *testing.T) {
	sim, _ := start(t)
	tests := []struct {
		name, path  string
		params      map[string]string
		code        int
		description string
	}{
		{"unknown token", "/bot5:x/getMe", nil, 401, "Unauthorized"},
		{"unknown method", "/bot" + token + "/sendDice", nil, 404, "Not Found: method not found"},
		{"not a bot path", "/file", nil, 404, "Not Found"},
		{"unknown chat", "/bot" + token + "/sendMessage", map[string]string{"chat_id": "9", "text": "x"}, 400, "Bad Request: chat not found"},
		{"chat id is no number", "/bot" + token + "/sendMessage", map[string]string{"chat_id": "@x", "text": "x"}, 400, `Bad Request: chat_id must be an integer, got "@x"`},
		{"unknown message", "/bot" + token + "/editMessageText", map[string]string{"chat_id": "9", "message_id": "1", "text": "x"}, 400, "Bad Request: message to edit not found"},
		{"unknown query", "/bot" + token + "/answerCallbackQuery", map[string]string{"callback_query_id": "1"}, 400, "Bad Request: query is too old and response timeout expired or query ID is invalid"},
	}
	for _, test := range tests {
		r := call(t, sim, test.path, test.params)
		if r.OK || r.Status != test.code || r.ErrorCode != test.code || r.Description != test.description {
			t.Errorf("%s: got %+v, want %d %q", test.name, r, test.code, test.description)
		}
	}
}

func TestParametersInEveryForm(t *testing.T) {
	sim, bot := start(t)
	bot.SendText(ann, ann.Chat(), "/start")
	keyboard := `{"inline_keyboard":[[{"text":"Brazil","callback_data":"bra"}]]}`

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
	quoted, err := json.Marshal(keyboard)
	if err != nil {
		t.Fatal(err)
	}

	tests := []struct{ name, query, contentType, body string }{
		{"query", "?" + form, "", ""},
		{"urlencoded", "", "application/x-www-form-urlencoded", form},
		{"multipart", "", parts.FormDataContentType(), multi.String()},
		{"JSON", "", "application/json", `{"chat_id":7,"text":"hello","reply_markup":` + keyboard + `}`},
		{"JSON of strings", "", "application/json", `{"chat_id":"7","text":"hello","reply_markup":` + string(quoted) + `}`},
	}
	for _, test := range tests {
		r, err := send(t.Context(), sim.URL()+"/bot"+token+"/sendMessage"+test.query, test.contentType, strings.NewReader(test.body))
		if err != nil || !r.OK {
			t.Errorf("%s: %+v, %v", test.name, r, err)
			continue
		}
		var sent telegramsim.Message
		if err := json.Unmarshal(r.Result, &sent); err != nil {
			t.Fatal(err)
		}
		if button, ok := sent.Button("Brazil"); sent.Text != "hello" || sent.Chat.ID != 7 || !ok || button.Data != "bra" {
			t.Errorf("%s: sent %s", test.name, r.Result)
		}
	}
}
