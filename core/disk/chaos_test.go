package bbdisk

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
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

// A bot is killed at random moments while its API fails half of the time. In
// the end the API has every event whose Send returned, and each key once.
func TestBotKilledBesideAFlakyAPI(t *testing.T) {
	api, asked := bbtest.NewAPI(childKey), make(chan struct{}, 1)
	api.Decide(bbtest.Flaky)
	api.OnRequest = func(bbtest.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
	}
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
		var line string
		alive := true
		for enough := rand.IntN(2 * eventsPerLife); alive; enough-- {
			if enough == 0 {
				_ = c.cmd.Process.Kill() // what it has written is still read
			}
			select {
			case line, alive = <-lines:
			case <-asked:
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

	api.Decide(nil)
	startChild(t, "bot", dir, next)
	deadline := time.After(time.Minute)
	for left := notTaken(api, sent); left > 0; left = notTaken(api, sent) {
		select {
		case <-asked:
		case <-deadline:
			t.Fatalf("%d of %d events are missing", left, len(sent))
		}
	}
	t.Logf("%d bots died; %d events were sent, and none is missing", rounds, len(sent))
	if len(sent) < 10*rounds {
		t.Errorf("only %d events in %d rounds prove little", len(sent), rounds)
	}
}

// notTaken is how many of the keys the API has not taken.
func notTaken(api *bbtest.API, keys map[string]bool) int {
	left := maps.Clone(keys)
	for _, ev := range api.Events() {
		delete(left, ev.IdempotencyKey)
	}
	return len(left)
}
