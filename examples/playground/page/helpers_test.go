package page_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// newBoard returns a board with a cast of one bot and one person.
func newBoard() *page.Board {
	return page.NewBoard(page.Cast{
		Libraries: []page.Library{{Name: "telebot", Username: "demo_telebot_bot"}},
		People:    []page.Person{{ID: 101, Name: "Ann"}},
	})
}

// serve serves the page of a board.
func serve(t *testing.T, board *page.Board, actions page.Actions) (url string) {
	t.Helper()
	server := httptest.NewServer(page.New(board, actions, ""))
	t.Cleanup(server.Close)
	t.Cleanup(board.Close)
	return server.URL
}

// snapshot is what a page gets first, as far as tests look at it.
type snapshot struct {
	Rows     []page.Row     `json:"rows"`
	Messages []page.Message `json:"messages"`
	Bots     []page.Bot     `json:"bots"`
	API      page.API       `json:"apiState"`
	Lines    []page.Line    `json:"lines"`
	Answers  page.Answers   `json:"answers"`
}

// stream is an open page.
type stream struct {
	t     *testing.T
	lines *bufio.Scanner
}

func open(t *testing.T, url string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("the stream answers %d, %s", response.StatusCode, got)
	}
	s := &stream{t: t, lines: bufio.NewScanner(response.Body)}
	s.lines.Buffer(nil, 16<<20)
	return s
}

// next reads the next event into content and returns its data as it came; "":
// the stream has ended.
func (s *stream) next(kind string, content any) (data string) {
	s.t.Helper()
	for s.lines.Scan() {
		data, found := strings.CutPrefix(s.lines.Text(), "data: ")
		if !found {
			if name, named := strings.CutPrefix(s.lines.Text(), "event: "); named && name != kind {
				s.t.Fatalf("the stream sent %q, want %q", name, kind)
			}
			continue
		}
		if err := json.Unmarshal([]byte(data), content); err != nil {
			s.t.Fatalf("%v: %s", err, data)
		}
		return data
	}
	return ""
}

// look returns what a page that opens now is shown.
func look(t *testing.T, url string) (shown snapshot, data string) {
	t.Helper()
	data = open(t, url).next("snapshot", &shown)
	return shown, data
}

func event(name, key string) bb.Event {
	return bb.Event{
		Name: name, UserID: 101, ChatID: 101, OccurredAt: time.Now().Add(-time.Second),
		Payload: bb.Payload{"team_code": "bra"}, IdempotencyKey: key,
	}
}

// request is one that the API answered with status; 0: it cut the connection.
func request(ev bb.Event, status int, fault string) bbtest.Request {
	return bbtest.Request{Event: ev, Status: status, Fault: fault, Taken: status == http.StatusOK}
}

// send makes a request with headers in pairs, and returns the answer.
func send(t *testing.T, method, url, body string, headers ...string) (status int, answer string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}
