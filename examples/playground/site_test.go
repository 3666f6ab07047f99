package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// site is a playground that runs, and what its page would show.
type site struct {
	url, api  string
	telegram  string
	interrupt context.CancelFunc
	folder    string      // for temporary files
	ended     chan string // what it wrote

	changes  *bufio.Scanner
	rows     map[int64]page.Row
	bots     map[string]page.Bot
	messages []page.Message // as each came
	lines    []page.Line
}

var where = regexp.MustCompile(`(?s)Open (\S+).*BB_API_BASE_URL=(\S+).*Bot API is\s+(\S+)`)

// openPage starts the program on free ports.
func openPage(t *testing.T) *site {
	t.Helper()
	s := &site{folder: t.TempDir(), ended: make(chan string, 1), rows: map[int64]page.Row{}, bots: map[string]page.Bot{}}
	for _, variable := range []string{"TMPDIR", "TMP"} {
		t.Setenv(variable, s.folder)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.interrupt = cancel
	reader, writer := io.Pipe()
	var stderr bytes.Buffer
	go func() {
		if code := run(ctx, []string{"-listen", "127.0.0.1:0", "-api", ":0", "-telegram", ":0"}, writer, &stderr); code != 0 {
			t.Errorf("exit code %d: %s", code, &stderr)
		}
		_ = writer.Close()
	}()
	out := bufio.NewReader(reader)
	var intro strings.Builder
	for !strings.Contains(intro.String(), "Ctrl-C") {
		line, err := out.ReadString('\n')
		if intro.WriteString(line); err != nil {
			t.Fatalf("the playground ended: %s%s", &intro, &stderr)
		}
	}
	go func() {
		rest, _ := io.ReadAll(out)
		s.ended <- string(rest)
	}()
	found := where.FindStringSubmatch(intro.String())
	if found == nil {
		t.Fatalf("no addresses in %s", &intro)
	}
	s.url, s.api, s.telegram = found[1], found[2], found[3]
	s.connect(t)
	return s
}

func (s *site) connect(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second) // of the whole test
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	s.changes = bufio.NewScanner(response.Body)
	s.changes.Buffer(nil, 4<<20)
}

// until reads changes until holds.
func (s *site) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	kind := ""
	for !holds() {
		if !s.changes.Scan() {
			t.Fatalf("it never happened that %s: %v\nrows %+v\nbots %+v", what, s.changes.Err(), s.rows, s.bots)
		}
		if name, ok := strings.CutPrefix(s.changes.Text(), "event: "); ok {
			kind = name
		} else if data, ok := strings.CutPrefix(s.changes.Text(), "data: "); ok {
			s.apply(t, kind, []byte(data))
		}
	}
}

func (s *site) apply(t *testing.T, kind string, data []byte) {
	t.Helper()
	var row page.Row
	var bot page.Bot
	var message page.Message
	var line page.Line
	var err error
	switch kind {
	case "row":
		err = json.Unmarshal(data, &row)
		s.rows[row.Seq] = row
	case "bot":
		err = json.Unmarshal(data, &bot)
		s.bots[bot.Library] = bot
	case "message":
		err = json.Unmarshal(data, &message)
		s.messages = append(s.messages, message)
	case "line":
		err = json.Unmarshal(data, &line)
		s.lines = append(s.lines, line)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, data)
	}
}

func (s *site) has(library, name, status string) bool {
	for _, row := range s.rows {
		if row.Library == library && row.Name == name && row.Status == status {
			return true
		}
	}
	return false
}

// inOutbox is how many events of a bot wait, by its rows.
func (s *site) inOutbox(library string) (n int) {
	for _, row := range s.rows {
		if row.Library == library {
			n += row.Pending
		}
	}
	return n
}

// notice reports whether a bot, or the API for "", has a notice that says so.
func (s *site) notice(library, what string) bool {
	for _, row := range s.rows {
		if row.Library == library && row.Status == page.Notice && strings.Contains(row.Note, what) {
			return true
		}
	}
	return false
}

// cameAgain reports whether an event was delivered that the API had already.
func (s *site) cameAgain(library, name string) bool {
	for _, row := range s.rows {
		if row.Library == library && row.Name == name && row.Status == page.Delivered && strings.HasPrefix(row.Note, "again ×") {
			return true
		}
	}
	return false
}

// message waits for a message of a bot.
func (s *site) message(t *testing.T, library, text string) (found page.Message) {
	t.Helper()
	s.until(t, library+" writes "+text, func() bool {
		for _, m := range s.messages {
			if m.Library == library && m.Text == text && m.User == 0 {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (s *site) do(t *testing.T, name, command string, args ...any) {
	t.Helper()
	if status, answer := s.post(t, name, fmt.Sprintf(command, args...)); status != http.StatusNoContent {
		t.Fatalf("%s: %d %s", name, status, answer)
	}
}

func (s *site) post(t *testing.T, name, command string) (status int, answer string) {
	t.Helper()
	response, err := http.Post(s.url+"/do/"+name, "application/json", strings.NewReader(command))
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

// stop presses Ctrl-C, wants nothing left behind, and returns what was written.
func (s *site) stop(t *testing.T) string {
	t.Helper()
	s.interrupt()
	for s.changes.Scan() { // until the end
	}
	if err := s.changes.Err(); err != nil {
		t.Errorf("the page was cut off: %v", err)
	}
	out := <-s.ended
	left, err := os.ReadDir(s.folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
	return out
}
