package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// The raw loops: what a program would do that has nothing to do but to post
// one body again and again. They send what bb sends, see capture.go.

// post sends one event and reads the answer to its end.
type post func() error

// loop posts events from several goroutines at once.
type loop []post

func (l loop) deliver(n int) (int, error) {
	var left, done atomic.Int64
	left.Store(int64(n))
	failed := make([]error, len(l))
	var wg sync.WaitGroup
	for i, post := range l {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if failed[i] = post(); failed[i] != nil {
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return int(done.Load()), errors.Join(failed...)
}

func (l loop) close() {}

// newTCP writes the bytes of a request that was made beforehand.
func newTCP(j job) (driver, error) {
	e, err := capture(j.URL)
	if err != nil {
		return nil, err
	}
	l := make(loop, j.InFlight)
	for i := range l {
		conn, err := net.Dial("tcp", e.request.URL.Host)
		if err != nil {
			return nil, err
		}
		answer := make([]byte, 4<<10)
		l[i] = func() error {
			if _, err := conn.Write(e.wire); err != nil {
				return err
			}
			for n := 0; ; {
				m, err := conn.Read(answer[n:])
				if err != nil {
					return err
				}
				if n += m; bytes.Equal(answer[:n], accepted) {
					return nil
				}
				if n >= len(accepted) {
					return fmt.Errorf("the sink answered %q", answer[:n])
				}
			}
		}
	}
	return l, nil
}

// newLean is the least that net/http can do: no http.Client, and one request
// for each goroutine, used again and again. The body is of a type that net/http
// knows; with another, head and body would leave in two writes.
func newLean(j job) (driver, error) {
	e, err := capture(j.URL)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		DisableCompression: true, MaxIdleConns: j.InFlight, MaxIdleConnsPerHost: j.InFlight,
	}
	l := make(loop, j.InFlight)
	for i := range l {
		body := bytes.NewReader(e.body)
		request := &http.Request{
			Method: http.MethodPost, URL: e.request.URL, Host: e.request.Host,
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: e.request.Header.Clone(), Body: io.NopCloser(body), ContentLength: int64(len(e.body)),
		}
		l[i] = func() error {
			body.Reset(e.body)
			resp, err := transport.RoundTrip(request)
			return finish(resp, err)
		}
	}
	return l, nil
}

// newEveryday is what a Go program would usually do, with as many connections
// as goroutines.
func newEveryday(j job) (driver, error) {
	e, err := capture(j.URL)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = j.InFlight, j.InFlight
	client := &http.Client{Transport: transport}
	l := make(loop, j.InFlight)
	for i := range l {
		l[i] = func() error {
			request, err := http.NewRequest(http.MethodPost, e.request.URL.String(), bytes.NewReader(e.body))
			if err != nil {
				return err
			}
			request.Header.Set("Authorization", e.request.Header.Get("Authorization"))
			request.Header.Set("Content-Type", e.request.Header.Get("Content-Type"))
			resp, err := client.Do(request)
			return finish(resp, err)
		}
	}
	return l, nil
}

// finish reads an answer to its end, without which the connection is lost.
func finish(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the sink answered %s", resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
