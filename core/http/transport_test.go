package bbhttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbhttp "github.com/silverbranch/bb-telegram-analytics-go/core/http"
)

// Only the two methods of the Bot API are looked at, under any prefix.
func TestTransportPaths(t *testing.T) {
	for url, seen := range map[string]bool{
		"https://api.telegram.org/bot42:secret/getUpdates":        true,
		"https://api.telegram.org/bot42:secret/getUpdates?x=1":    true,
		"https://api.telegram.org/bot42:secret/test/getUpdates":   true,
		"https://api.telegram.org/bot42:secret/getupdates":        true,
		"http://127.0.0.1:8081/bot42:secret/getUpdates":           true,
		"https://proxy.example.com/tg/v1/bot42:secret/getUpdates": true,
		"https://api.telegram.org/bot42%3Asecret/getUpdates":      true,
		"https://api.telegram.org/bot42:secret/getMe":             false,
		"https://api.telegram.org/bot42:secret/getUpdates/":       false,
		"https://api.telegram.org/bot42:secret/getUpdates2":       false,
		"https://api.telegram.org/bot42:secret/x/getUpdates":      false,
		"https://api.telegram.org/bot42:secret/test/x/getUpdates": false,
		"https://api.telegram.org/bot42:/getUpdates":              false,
		"https://api.telegram.org/bot42/getUpdates":               false,
		"https://api.telegram.org/bot-42:secret/getUpdates":       false,
		"https://api.telegram.org/bot+42:secret/getUpdates":       false,
		"https://api.telegram.org/bot:secret/getUpdates":          false,
		"https://api.telegram.org/bots42:secret/getUpdates":       false,
		"https://api.telegram.org/42:secret/getUpdates":           false,
		"https://api.telegram.org/getUpdates":                     false,
		"https://api.telegram.org/":                               false,
		"https://api.telegram.org":                                false,
	} {
		rec := bbtest.NewRecorder(t)
		body, err := do(t, bbhttp.NewTransport(rec.Client(), always(updates(start))), url)
		if body != updates(start) || err != nil {
			t.Errorf("%s: the answer is %q, %v", url, body, err)
		}
		if got := len(rec.Events(bb.EventUserStarted)) == 1; got != seen {
			t.Errorf("%s: seen is %v, want %v", url, got, seen)
		}
	}
}

// body is what a server answers; it counts how often it was closed.
type body struct {
	io.Reader
	closed int
}

func (b *body) Close() error { b.closed++; return nil }

type bodies func() io.ReadCloser

func (f bodies) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: make(http.Header), Body: f(), ContentLength: -1}, nil
}

// A body comes out as it went in: the bytes, the error that follows them, Close.
func TestTransportChangesNothing(t *testing.T) {
	reset := errors.New("connection reset")
	large := updates(start, strconv.Quote(strings.Repeat("x", 16<<20)))
	for _, tc := range []struct {
		name, text string
		err        error
		starts     int
	}{
		{"updates", updates(start), io.EOF, 1},
		{"empty", "", io.EOF, 0},
		{"no JSON", "<html>", io.EOF, 0},
		{"broken", updates(start), reset, 0},
		{"broken in the middle", updates(start)[:50], io.ErrUnexpectedEOF, 0},
		{"broken at once", "", reset, 0},
		{"large", large, io.EOF, 0},
		{"large and broken", large, reset, 0},
	} {
		for shape, read := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r },
			"halves":  iotest.HalfReader,
			"EOF":     iotest.DataErrReader,
		} {
			if len(tc.text) == len(large) && shape != "at once" {
				continue // for it takes long
			}
			t.Run(tc.name+"/"+shape, func(t *testing.T) {
				rec := bbtest.NewRecorder(t)
				original := &body{Reader: read(io.MultiReader(strings.NewReader(tc.text), iotest.ErrReader(tc.err)))}
				transport := bbhttp.NewTransport(rec.Client(), bodies(func() io.ReadCloser { return original }))
				got, err := do(t, transport, getUpdates)
				if err == nil {
					err = io.EOF // which ReadAll swallows
				}
				if got != tc.text || !errors.Is(err, tc.err) {
					t.Errorf("read %d bytes and %v, want %d and %v", len(got), err, len(tc.text), tc.err)
				}
				if original.closed != 1 {
					t.Errorf("the body was closed %d times", original.closed)
				}
				rec.Want(bb.EventUserStarted, tc.starts)
			})
		}
	}
}

// A library that closes an answer while it waits for more of it gets the error of
// the connection, and one that reads on after that nothing of what was held.
func TestTransportClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, connection := io.Pipe()
		transport := bbhttp.NewTransport(bbtest.NewRecorder(t).Client(), bodies(func() io.ReadCloser { return server }))
		r, _ := http.NewRequest(http.MethodPost, getUpdates, nil)
		resp, err := transport.RoundTrip(r) //nolint:bodyclose // closed while it is read
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() {
			_, err := resp.Body.Read(make([]byte, 10))
			done <- err
		}()
		_, _ = connection.Write([]byte(`{"ok":true`))
		synctest.Wait() // it reads on
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != io.ErrClosedPipe {
			t.Errorf("Read returned %v, want io.ErrClosedPipe", err)
		}
		if n, err := resp.Body.Read(make([]byte, 10)); n > 0 || err != io.ErrClosedPipe {
			t.Errorf("read %d bytes and %v after Close", n, err)
		}
	})
}

// The name comes from the getMe that passes by.
func TestTransportLearnsTheName(t *testing.T) {
	command := func(id, text string) string {
		return strings.NewReplacer("100", id, "/start", text, `"id":7`, `"id":`+id).Replace(start)
	}
	polled := updates(command("1", "/start@other_bot"), command("2", "/start@Test_Bot"), command("3", "/start"))
	api := telegram(func(r *http.Request) string {
		if strings.HasSuffix(r.URL.Path, "/getMe") {
			return me
		}
		return polled
	})
	rec := bbtest.NewRecorder(t)
	transport := bbhttp.NewTransport(rec.Client(), api)
	_, _ = do(t, transport, getMe)
	_, _ = do(t, transport, getUpdates)
	rec.Want(bb.EventUserStarted, 2)

	// Another bot has another name; without a name any counts.
	rec.Reset()
	_, _ = do(t, transport, strings.Replace(getUpdates, "42", "43", 1))
	rec.Want(bb.EventUserStarted, 3)
}

// What cannot be seen is said once for each reason, and not at all of a bot that
// stops.
func TestTransportSaysWhatPassesUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		rec := bbtest.NewRecorder(t, log.configure)
		headers := make(http.Header)
		var text io.Reader
		base := roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: headers, Body: io.NopCloser(text)}, nil
		})
		transport := bbhttp.NewTransport(rec.Client(), base)
		for range 3 {
			for _, text = range []io.Reader{
				strings.NewReader("<html>"), strings.NewReader(`[]`), strings.NewReader(`{"ok":true}`), strings.NewReader(updates(`{"x":`)),
				strings.NewReader(strings.Repeat(" ", 16<<20+1)),
				iotest.ErrReader(io.ErrUnexpectedEOF),
			} {
				_, _ = do(t, transport, getUpdates)
			}
			headers.Set("Content-Encoding", "gzip")
			text = strings.NewReader("packed")
			_, _ = do(t, transport, getUpdates)
			headers.Del("Content-Encoding")
		}
		synctest.Wait()
		var want []string
		for _, reason := range []string{
			"is nothing that Telegram sends", "is too large", "ended in the middle", "is compressed, and the library decodes it itself",
		} {
			want = append(want, `"bb: an answer of Telegram passed unseen, for it `+reason+`; only an adapter counts what is in it"`)
		}
		if got := log.warnings(); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("the log says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}

		ctx, stop := context.WithCancel(t.Context())
		text = iotest.ErrReader(context.Canceled)
		transport = bbhttp.NewTransport(rec.Client(), base)
		r, _ := http.NewRequestWithContext(ctx, http.MethodPost, getUpdates, nil)
		resp, _ := transport.RoundTrip(r)
		stop()
		_, _ = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		synctest.Wait()
		if got := log.warnings()[len(want):]; len(got) > 0 {
			t.Errorf("of a bot that stops the log says %s", got)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Errors of the base, and answers that are none, are handed on as they are.
func TestTransportHandsOn(t *testing.T) {
	refused := errors.New("refused")
	client := bbtest.NewRecorder(t).Client()
	r, _ := http.NewRequest(http.MethodPost, getUpdates, nil)
	pass := func(client *bb.Client, base http.RoundTripper) (*http.Response, error) {
		resp, err := bbhttp.NewTransport(client, base).RoundTrip(r)
		if resp != nil {
			t.Cleanup(func() { _ = resp.Body.Close() })
		}
		return resp, err
	}
	if resp, err := pass(client, roundTripper(func(*http.Request) (*http.Response, error) { return nil, refused })); resp != nil || err != refused { //nolint:bodyclose // pass does
		t.Errorf("got %v, %v", resp, err)
	}
	conflict := &http.Response{StatusCode: http.StatusConflict, Body: http.NoBody}
	base := roundTripper(func(got *http.Request) (*http.Response, error) {
		if got != r {
			t.Error("the request was changed")
		}
		return conflict, nil
	})
	if resp, err := pass(client, base); resp != conflict || resp.Body != http.NoBody || err != nil { //nolint:bodyclose // pass does
		t.Errorf("got %v, %v", resp, err)
	}
	for _, client := range []*bb.Client{nil, disabled(t)} {
		original := &body{Reader: strings.NewReader(updates(start))}
		base := bodies(func() io.ReadCloser { return original })
		if resp, err := pass(client, base); err != nil || resp.Body != io.ReadCloser(original) { //nolint:bodyclose // pass does
			t.Errorf("without analytics got %v, %v", resp, err)
		}
	}
}

func disabled(t *testing.T) *bb.Client {
	t.Helper()
	client, err := bb.New(bb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

type idle struct {
	http.RoundTripper
	closed int
}

func (i *idle) CloseIdleConnections() { i.closed++ }

func TestTransportClosesIdleConnections(t *testing.T) {
	base := new(idle)
	(&http.Client{Transport: bbhttp.NewTransport(nil, base)}).CloseIdleConnections()
	if base.closed != 1 {
		t.Error("the base was not asked to")
	}
	(&http.Client{Transport: bbhttp.NewTransport(nil, always(""))}).CloseIdleConnections()
}

// A library that cannot decode an update gets it again and again.
func TestTransportSaysWhereTheLibraryIsStuck(t *testing.T) {
	const count = `{"update_id":101,"message_reaction_count":{"chat":{"id":-5,"type":"group"},"message_id":9,"date":1,"reactions":[]}}`
	later := strings.Replace(start, "100", "102", 1)
	synctest.Test(t, func(t *testing.T) {
		var log logLines
		rec := bbtest.NewRecorder(t, log.configure)
		answer := updates()
		transport := bbhttp.NewTransport(rec.Client(), telegram(func(*http.Request) string { return answer }))
		poll := func(times int, text string) {
			answer = text
			for range times {
				_, _ = do(t, transport, getUpdates)
			}
		}
		poll(50, updates()) // nothing new
		poll(3, updates(start))
		poll(2, updates(start, count)) // telebot has had no time to fail at what came now
		synctest.Wait()
		if got := log.warnings(); len(got) != 1 || !strings.HasPrefix(got[0], `"bb: the library cannot get past update 100, a message"`) {
			t.Fatalf("the log says %s", got)
		}
		poll(50, updates(start, count, later))
		poll(4, updates(count, later))
		poll(1, updates()) // none for now: nothing was confirmed
		synctest.Wait()
		if got := log.warnings(); len(got) != 1 {
			t.Fatalf("the log says %s", got)
		}
		poll(50, updates(count, later))
		poll(4, updates(later))
		synctest.Wait()
		want := `"bb: the library cannot get past update 101, a message_reaction_count" bot=42 ` +
			`cause="Telegram sends it again and again, for it is not confirmed; nothing after it reaches the bot" ` +
			`remedy="update the library, or leave the kind out of allowed_updates"`
		if got := log.warnings(); len(got) != 2 || got[1] != want {
			t.Errorf("the log says\n%s\nwant\n%s", strings.Join(got, "\n"), want)
		}
		rec.Want(bb.EventUserStarted, 2)
		rec.Want(bb.EventActivity, 2) // a person's and a chat's
	})
}
