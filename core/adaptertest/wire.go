package adaptertest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbhttp "github.com/silverbranch/bb-telegram-analytics-go/core/http"
)

// patience is how long a library may take to poll two updates.
const patience = 20 * time.Second

// passerby sends the update that follows each case: when it was handled, the case was.
const passerby = 7007

// checkWire has the library poll a case, seen by core/http and, with the adapter, by
// that as well. What the library cannot decode is no gap here.
func (h Harness) checkWire(t *testing.T, c testCase, withAdapter bool) {
	c.noPremium = false
	var update struct {
		ID int64 `json:"update_id"`
	}
	if json.Unmarshal([]byte(c.raw), &update) != nil || update.ID == 0 {
		t.Skip("Telegram sends no such update")
	}
	telegram := bbtest.NewTelegram(t)
	telegram.Push([]byte(c.raw))
	telegram.Push(fmt.Appendf(nil, `{"update_id":%d,"message":{"message_id":12,"date":%d,"from":{"id":%d},"chat":{"id":%d,"type":"private"},"text":"bye"}}`,
		update.ID+1, messageDate, passerby, passerby))

	began := time.Now()
	configure := func(cfg *bb.Config) { everything(cfg); unthrottled(cfg) }
	rec := bbtest.NewRecorder(t, configure)
	var client *bb.Client
	if withAdapter {
		client = rec.Client()
	}
	connections := &http.Transport{}
	t.Cleanup(connections.CloseIdleConnections)
	read, handled := make(chan struct{}), make(chan struct{})
	transport := &ends{RoundTripper: bbhttp.NewTransport(rec.Client(), connections), read: sync.OnceFunc(func() { close(read) })}
	var once sync.Once
	stop := h.Poll(t, telegram, &http.Client{Transport: transport}, client, func(id int64) {
		if id == update.ID+1 {
			once.Do(func() { close(handled) })
		}
	})
	done := handled
	if h.gap(c)&Undecodable != 0 {
		done = read // it gets no further
	}
	select {
	case <-done:
	case <-time.After(patience):
		t.Errorf("the library did not get past it\n%s", c)
	}
	stop()

	var got []bb.Event
	for _, ev := range rec.Events() {
		if ev.UserID != passerby {
			got = append(got, ev)
		}
	}
	c.compare(t, 0, got, c.reference(t, 0, configure, false), c.lines(0, true, false), began)
}

// ends tells when an answer of getUpdates was read.
type ends struct {
	http.RoundTripper
	read func()
}

func (e *ends) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := e.RoundTripper.RoundTrip(r)
	if err == nil && strings.HasSuffix(r.URL.Path, "/getUpdates") {
		resp.Body = &ending{resp.Body, e.read}
	}
	return resp, err
}

type ending struct {
	io.ReadCloser
	read func()
}

func (e *ending) Close() error {
	defer e.read()
	return e.ReadCloser.Close()
}
