package bbdisk

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// chaosRounds is how many processes die: BB_CHAOS_ROUNDS, or a few.
func chaosRounds(t *testing.T, few int) int {
	long := os.Getenv("BB_CHAOS_ROUNDS")
	if long == "" {
		return few
	}
	rounds, err := strconv.Atoi(long)
	if err != nil {
		t.Fatal(err)
	}
	return rounds
}

// eventsPerLife is what a bot sends before it waits to be killed.
const eventsPerLife = 100

// botChild is a bot that sends events, numbered from first, and says so.
func botChild(dir string, first int) {
	o, err := Open(dir, chaosSegments)
	check(err)
	client, err := bb.New(bb.Config{
		Enabled: true, BaseURL: os.Getenv("BBDISK_URL"), IntegrationKey: childKey,
		Outbox: o, Timeout: time.Second, Logger: slog.New(slog.DiscardHandler),
	})
	check(err)
	for n := first; n < first+eventsPerLife; n++ {
		client.Send(bb.Event{Name: "order_paid", IdempotencyKey: eventKey(n), Payload: bb.Payload{"n": n}})
		fmt.Println("sent", n)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// moodyAPI takes events by key and fails half of all requests, in every way
// that a request can fail.
type moodyAPI struct {
	mu    sync.Mutex
	taken map[string]bool
	asked chan struct{} // one for each request, while somebody looks
	well  bool
}

func (a *moodyAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var ev struct {
		Key string `json:"idempotency_key"`
	}
	if err := json.NewDecoder(r.Body).Decode(&ev); err != nil {
		panic(http.ErrAbortHandler) // its client was killed
	}
	defer func() {
		select {
		case a.asked <- struct{}{}:
		default:
		}
	}()
	a.mu.Lock()
	defer a.mu.Unlock()
	mood := rand.IntN(8)
	if a.well {
		mood = 0
	}
	switch mood {
	case 4:
		w.WriteHeader(http.StatusInternalServerError)
	case 5:
		w.WriteHeader(http.StatusServiceUnavailable)
	case 6:
		panic(http.ErrAbortHandler) // no answer
	case 7:
		a.taken[ev.Key] = true
		panic(http.ErrAbortHandler) // taken, and the answer is lost
	default:
		a.taken[ev.Key] = true
	}
}

func (a *moodyAPI) has(keys map[string]bool) (missing int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key := range keys {
		if !a.taken[key] {
			missing++
		}
	}
	return missing
}

// A bot is killed at random moments while its API fails half of the time. In
// the end the API has every event whose Send returned, and each key once.
func TestBotKilledBesideAMoodyAPI(t *testing.T) {
	api := &moodyAPI{taken: make(map[string]bool), asked: make(chan struct{}, 1)}
	srv := httptest.NewServer(api)
	defer srv.Close()
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Setenv("BBDISK_URL", srv.URL)

	dir, sent, next := t.TempDir(), make(map[string]bool), 1
	rounds := chaosRounds(t, 3)
	for range rounds {
		c := startChild(t, "bot", dir, next)
		lines := make(chan string)
		go func() {
			defer close(lines)
			for c.lines.Scan() {
				lines <- c.lines.Text()
			}
		}()
		line, alive := "", true
		for enough := rand.IntN(2 * eventsPerLife); alive; enough-- {
			if enough == 0 {
				_ = c.cmd.Process.Kill() // what it has written is still read
			}
			select {
			case line, alive = <-lines:
			case <-api.asked:
				continue
			}
			if n, err := strconv.Atoi(strings.TrimPrefix(line, "sent ")); err == nil {
				sent[eventKey(n)] = true
				next = max(next, n+1)
			}
		}
		_ = c.cmd.Wait()
		next++ // may have been sent without being said
	}

	api.mu.Lock()
	api.well = true
	api.mu.Unlock()
	startChild(t, "bot", dir, next)
	deadline := time.After(time.Minute)
	for api.has(sent) > 0 {
		select {
		case <-api.asked:
		case <-deadline:
			t.Fatalf("%d of %d events are missing", api.has(sent), len(sent))
		}
	}
	t.Logf("%d bots died; %d events were sent, and none is missing", rounds, len(sent))
	if len(sent) < 10*rounds {
		t.Errorf("only %d events in %d rounds prove little", len(sent), rounds)
	}
}
