package bench

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// The loops post the bytes of one event of bb again and again. They are the
// least that delivery can cost.

// loop returns a driver with a goroutine for each connection. What connect
// returns posts an event and reads the answer to its end.
func loop(tb testing.TB, o options, connect func() (post func() error)) driver {
	posts := make([]func() error, o.inFlight)
	for i := range posts {
		posts[i] = connect()
	}
	return driver{deliver: func(n int) {
		var left atomic.Int64
		left.Store(int64(n))
		var wg sync.WaitGroup
		for _, post := range posts {
			wg.Go(func() {
				for left.Add(-1) >= 0 {
					if err := post(); err != nil {
						tb.Error(err)
					}
				}
			})
		}
		wg.Wait()
	}}
}

// openTCP writes a request that was made beforehand, without net/http.
func openTCP(tb testing.TB, o options) driver {
	request, _ := capture(tb, o.url)
	var wire bytes.Buffer
	check(tb, request.Write(&wire))
	return loop(tb, o, func() func() error {
		conn, err := net.Dial("tcp", request.URL.Host)
		check(tb, err)
		tb.Cleanup(func() { conn.Close() })
		got := make([]byte, len(answer))
		return func() error {
			_, err := conn.Write(wire.Bytes())
			if err == nil {
				_, err = io.ReadFull(conn, got)
			}
			return err
		}
	})
}

// openLean is the least that net/http can do: no http.Client, and one request
// for each connection, used again and again.
func openLean(tb testing.TB, o options) driver {
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: o.inFlight}
	tb.Cleanup(transport.CloseIdleConnections)
	captured, body := capture(tb, o.url)
	return loop(tb, o, func() func() error {
		request, reader := captured.Clone(tb.Context()), bytes.NewReader(body)
		request.Body = io.NopCloser(reader) // of this type net/http writes head and body at once
		return func() error {
			reader.Reset(body)
			return finish(transport.RoundTrip(request))
		}
	})
}

// openEveryday is what a Go program usually does, except that it keeps as many
// connections as it uses.
func openEveryday(tb testing.TB, o options) driver {
	captured, body := capture(tb, o.url)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = o.inFlight
	tb.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	post := func() error {
		request, err := http.NewRequest(http.MethodPost, captured.URL.String(), bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", captured.Header.Get("Authorization"))
		request.Header.Set("Content-Type", captured.Header.Get("Content-Type"))
		return finish(client.Do(request))
	}
	return loop(tb, o, func() func() error { return post })
}

// finish reads an answer to its end, as its connection is used again only then.
func finish(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// capture returns a request to url as bb makes it, and its body.
func capture(tb testing.TB, url string) (request *http.Request, body []byte) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		request, _ = http.NewRequest(r.Method, url+r.URL.Path, bytes.NewReader(body))
		request.Header = r.Header
		_, _ = io.WriteString(w, taken)
	}))
	defer api.Close()
	openMemory(tb, options{url: api.URL}).send(1)
	return request, body
}
