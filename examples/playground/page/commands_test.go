package page_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// recorder notes what it is asked to do.
type recorder struct {
	did []string
	err error
}

func (r *recorder) note(format string, args ...any) error {
	r.did = append(r.did, fmt.Sprintf(format, args...))
	return r.err
}

func (r *recorder) Say(library string, user, chat int64, text string) error {
	return r.note("say %s %d %d %s", library, user, chat, text)
}
func (r *recorder) Press(library string, user, chat int64, message int, data string) error {
	return r.note("press %s %d %d %d %s", library, user, chat, message, data)
}
func (r *recorder) Act(library string, user int64, act string) error {
	return r.note("act %s %d %s", library, user, act)
}
func (r *recorder) Trouble(api page.API) error     { return r.note("trouble %s %d", api.Mode, api.Delay) }
func (r *recorder) Redeliver(library string) error { return r.note("redeliver %s", library) }
func (r *recorder) Restart(library string, unconfirmed bool) error {
	return r.note("restart %s %v", library, unconfirmed)
}
func (r *recorder) Flush(_ context.Context, library string) error { return r.note("flush %s", library) }

const isJSON = "application/json"

func TestCommands(t *testing.T) {
	actions := &recorder{}
	url := serve(t, newBoard(), actions)
	tests := []struct{ name, body, want string }{
		{"say", `{"library":"telebot","user":101,"chat":-200,"text":"/start"}`, "say telebot 101 -200 /start"},
		{"press", `{"library":"telebot","user":101,"chat":101,"message":3,"data":"bra"}`, "press telebot 101 101 3 bra"},
		{"act", `{"library":"telebot","user":101,"act":"pay"}`, "act telebot 101 pay"},
		{"trouble", `{"mode":"down","delay":250}`, "trouble down 250"},
		{"redeliver", `{"library":"telebot"}`, "redeliver telebot"},
		{"restart", `{"library":"telebot","unconfirmed":true}`, "restart telebot true"},
		{"flush", `{"library":"telebot"}`, "flush telebot"},
	}
	for i, test := range tests {
		status, answer := send(t, http.MethodPost, url+"/do/"+test.name, test.body, "Content-Type", isJSON)
		if status != http.StatusNoContent || len(actions.did) != i+1 || actions.did[i] != test.want {
			t.Errorf("%s: %d %s, did %q", test.name, status, answer, actions.did)
		}
	}
	actions.err = errors.New("the bot is being restarted")
	status, answer := send(t, http.MethodPost, url+"/do/flush", `{"library":"telebot"}`, "Content-Type", isJSON)
	if status != http.StatusConflict || !strings.Contains(answer, "being restarted") {
		t.Errorf("an action that fails: %d %s", status, answer)
	}
}

func TestCommandsAreBounded(t *testing.T) {
	actions := &recorder{}
	url := serve(t, newBoard(), actions)
	tests := []struct {
		name, body, contentType string
		status                  int
		answer                  string
	}{
		{"say", `{"text":"hi"}`, "text/plain", 415, "application/json"},
		{"say", `{"text":`, isJSON, 400, "cannot be read"},
		{"say", `{"text":"` + strings.Repeat("x", 100_000) + `"}`, isJSON, 400, "too large"},
		{"say", `{"text":"` + strings.Repeat("x", 4097) + `"}`, isJSON, 400, "4096"},
		{"say", `{"text":"  "}`, isJSON, 400, "empty"},
		{"act", `{"act":"steal"}`, isJSON, 400, "pay, refund, block"},
		{"trouble", `{"mode":"gone"}`, isJSON, 400, "ok, down"},
		{"trouble", `{"mode":"ok","delay":3600000}`, isJSON, 400, "10000"},
		{"trouble", `{"mode":"ok","delay":-1}`, isJSON, 400, "10000"},
		{"format", `{}`, isJSON, 405, ""},
	}
	for _, test := range tests {
		status, answer := send(t, http.MethodPost, url+"/do/"+test.name, test.body, "Content-Type", test.contentType)
		if status != test.status || !strings.Contains(answer, test.answer) {
			t.Errorf("%s %.60s: %d %s, want %d %s", test.name, test.body, status, answer, test.status, test.answer)
		}
	}
	if len(actions.did) > 0 {
		t.Errorf("did %q", actions.did)
	}
}

// Another site can neither send commands nor take the page for its own.
func TestForeignSitesAreRefused(t *testing.T) {
	actions := &recorder{}
	url := serve(t, newBoard(), actions)
	tests := []struct {
		header, value string
		status        int
	}{
		{"Origin", "http://evil.example", http.StatusForbidden},
		{"Origin", "null", http.StatusForbidden},
		{"Sec-Fetch-Site", "cross-site", http.StatusForbidden},
		{"Sec-Fetch-Site", "same-site", http.StatusForbidden},
		{"Host", "evil.example", http.StatusMisdirectedRequest},
		{"Host", "localhost.evil.example:8080", http.StatusMisdirectedRequest},
		{"Host", "", http.StatusNoContent}, // Go fills in the address
		{"Host", "localhost:8080", http.StatusNoContent},
		{"Host", "[::1]:8080", http.StatusNoContent},
		{"Origin", url, http.StatusNoContent},
		{"Sec-Fetch-Site", "same-origin", http.StatusNoContent},
	}
	for _, test := range tests {
		before := len(actions.did)
		status, answer := send(t, http.MethodPost, url+"/do/flush", `{}`, "Content-Type", isJSON, test.header, test.value)
		if done := len(actions.did) > before; status != test.status || done != (status == http.StatusNoContent) {
			t.Errorf("%s %q: %d %s, done %v; want %d", test.header, test.value, status, answer, done, test.status)
		}
	}
	if status, _ := send(t, http.MethodGet, url+"/stream", "", "Host", "evil.example"); status != http.StatusMisdirectedRequest {
		t.Errorf("the stream under a foreign name: %d", status)
	}
}

func TestPageLoadsNothingFromElsewhere(t *testing.T) {
	url := serve(t, newBoard(), nil)
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	files, err := os.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		status, text := send(t, http.MethodGet, url+"/"+strings.TrimSuffix(file.Name(), "index.html"), "")
		text = strings.ReplaceAll(text, "http://www.w3.org/2000/svg", "") // a name, not an address
		for _, bad := range []string{"http:", "https:", "innerHTML", "style=", "onclick="} {
			if status != 200 || strings.Contains(text, bad) {
				t.Errorf("%s: %d, holds %q", file.Name(), status, bad)
			}
		}
	}
}
