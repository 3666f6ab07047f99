package bbhttp_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbhttp "github.com/silverbranch/bb-telegram-analytics-go/core/http"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/leaktest"
)

// Over a real connection: one is enough, as without the tap, and nothing is left
// when the library closes it. net/http decompresses before the tap sees the answer.
func TestPolling(t *testing.T) {
	leaktest.Check(t)
	const polls = 20
	var connections, id atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := id.Add(1)
		answer := updates(strings.NewReplacer("100", fmt.Sprint(n), `"id":7`, fmt.Sprintf(`"id":%d`, n)).Replace(start))
		if r.Header.Get("Accept-Encoding") != "gzip" || n%2 == 0 {
			_, _ = io.WriteString(w, answer)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		_, _ = io.WriteString(packed, answer)
		_ = packed.Close()
	}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)

	rec := bbtest.NewRecorder(t)
	httpClient := &http.Client{Transport: bbhttp.NewTransport(rec.Client(), &http.Transport{})}
	for range polls {
		resp, err := httpClient.Post(srv.URL+"/bot42:secret/getUpdates", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || !strings.HasPrefix(string(body), `{"ok":true`) {
			t.Errorf("read %q, %v", body, err)
		}
		_ = resp.Body.Close()
	}
	httpClient.CloseIdleConnections()
	rec.Want(bb.EventUserStarted, polls)
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}
