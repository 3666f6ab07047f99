package bbredis

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

const (
	chaosWindow = time.Second
	chaosUsers  = 20
	batchSize   = 10 // events that a replica sends before it waits until they are handed over
	lifeSize    = 1_000_000
)

func init() { children["replica"] = replicaChild }

// replicaChild is a replica that sends events, numbered from its life on, and
// says which are handed over; or one that only delivers, if it has no life.
func replicaChild() {
	life, err := strconv.Atoi(os.Getenv("BBREDIS_LIFE"))
	check(err)
	go func() { // it ends with the test, whatever becomes of that
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: os.Getenv("BBREDIS_SOCKET"), ContextTimeoutEnabled: true})
	client, err := bb.New(bb.Config{
		Enabled: true, BaseURL: os.Getenv("BBREDIS_URL"), IntegrationKey: "key", Timeout: time.Second,
		ActivityWindow: chaosWindow, Logger: slog.New(slog.DiscardHandler),
		Outbox: NewOutbox(rdb, "bot"), Throttle: NewThrottle(rdb, "bot"),
	})
	check(err)
	if life == 0 {
		select {}
	}
	for n := life * lifeSize; ; n += batchSize {
		for i := range batchSize {
			client.Send(bb.Event{Name: "order_paid", IdempotencyKey: eventKey(n + i), Payload: bb.Payload{"n": n + i}})
		}
		client.Send(bb.Event{Name: bb.EventActivity, UserID: rand.Int64N(chaosUsers) + 1})
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		if client.Flush(ctx) == nil {
			fmt.Println(n)
		}
		cancel()
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func eventKey(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// fleet is a bot's replicas, as processes.
type fleet struct {
	t     *testing.T
	lives int
	alive []*exec.Cmd

	mu     sync.Mutex
	handed map[string]bool // keys of events that replicas said to be handed over
	told   chan struct{}
	reads  sync.WaitGroup
}

// start adds a replica; one that never sends, if quiet.
func (f *fleet) start(quiet bool) {
	f.t.Helper()
	life := 0
	if !quiet {
		f.lives++
		life = f.lives
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "BBREDIS_CHILD=replica", "BBREDIS_LIFE="+strconv.Itoa(life))
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // held open until this process ends
		f.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.alive = append(f.alive, cmd)
	f.reads.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			first, err := strconv.Atoi(lines.Text())
			if err != nil || first < lifeSize {
				continue // cut
			}
			f.mu.Lock()
			for i := range batchSize {
				f.handed[eventKey(first+i)] = true
			}
			f.mu.Unlock()
			select {
			case f.told <- struct{}{}:
			default:
			}
		}
	})
}

// kill sends SIGKILL to a replica; what it had said is still read.
func (f *fleet) kill(i int) {
	_ = f.alive[i].Process.Kill()
	_, _ = f.alive[i].Process.Wait() // and not of the Cmd, which would close the pipe
	f.alive = append(f.alive[:i], f.alive[i+1:]...)
}

func (f *fleet) killAll() {
	for len(f.alive) > 0 {
		f.kill(0)
	}
	f.reads.Wait()
}

// Three replicas, of which one at a time is killed at a random moment, on a
// Redis that is killed too and whose clock is set wrong by days, while the API fails half of the time. Every event
// that a replica knew to be handed over is delivered. In the end a replica that
// never sends delivers the rest, what dead ones had leased included; it fails
// if nothing arrives for a minute. Activities keep to their
// window, and all keys are gone.
// BB_CHAOS_ROUNDS sets how many replicas die.
func TestReplicasKilledBesideAFlakyAPI(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for leases to end: a long form, which make check runs")
	}
	rounds := 9
	if long := os.Getenv("BB_CHAOS_ROUNDS"); long != "" {
		var err error
		if rounds, err = strconv.Atoi(long); err != nil {
			t.Fatal(err)
		}
	}
	s := startWrongClock(t)
	seen := newBooks(t)
	api, asked := bbtest.NewAPI(""), make(chan struct{}, 1)
	api.Decide(bbtest.Flaky)
	api.OnRequest = func(r bbtest.Request) {
		seen.enter(r.Body)
		select {
		case asked <- struct{}{}:
		default:
		}
	}
	srv := httptest.NewServer(api)
	defer srv.Close()
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Setenv("BBREDIS_URL", srv.URL)
	t.Setenv("BBREDIS_SOCKET", s.socket())

	f := &fleet{t: t, handed: make(map[string]bool), told: make(chan struct{}, 1)}
	defer f.killAll()
	var outages, jumps []outage
	for range 3 {
		f.start(false)
	}
	until(t, "activities before anything dies", func() bool { return seen.activities() >= 10 })
	began := time.Now()
	for round := range rounds {
		for range 1 + rand.IntN(100) {
			<-f.told
		}
		if round > rounds/2 && round%2 == 0 { // not before, for the windows
			from := time.Now()
			s.kill()
			<-asked // requests go on
			s.start()
			outages = append(outages, outage{from, time.Now().Add(failOpen)})
		}
		if round > rounds/3 && round%3 == 0 && time.Since(began) > jumpMargin {
			from := time.Now()
			s.setClock(rand.N(8*24*time.Hour) - 4*24*time.Hour)
			jumps = append(jumps, outage{from.Add(-jumpMargin), time.Now().Add(jumpMargin)})
		}
		f.kill(rand.IntN(len(f.alive)))
		f.start(false)
	}
	f.killAll()
	for i := range outages { // no replica that knew of them is left, but for requests on their way
		if end := time.Now().Add(100 * time.Millisecond); outages[i].to.After(end) {
			outages[i].to = end
		}
	}
	api.Decide(nil)
	f.start(true)
	last, progress, left := time.Now(), time.Now(), len(f.handed)
	looks := time.NewTicker(50 * time.Millisecond)
	defer looks.Stop()
	for left > 0 {
		<-looks.C
		if now := notTaken(api, f.handed); now < left {
			left, progress = now, time.Now()
		} else if time.Since(progress) > time.Minute {
			t.Fatalf("%d of %d events are missing", left, len(f.handed))
		}
	}
	t.Logf("%d replicas and %d Redis died, and %d times the clock of Redis jumped; %d events were handed over, and none is missing %v after the last",
		rounds+3, len(outages), len(jumps), len(f.handed), time.Since(last).Round(time.Millisecond))
	if len(f.handed) < 10*rounds {
		t.Errorf("only %d events in %d rounds prove little", len(f.handed), rounds)
	}
	rdb := s.client()
	until(t, "the keys to be gone", func() bool { return rdb.Exists(t.Context(), newKeys("bot").all()...).Val() == 0 })
	checked := seen.checkActivities(t, outages, jumps)
	if checked < 10 {
		t.Errorf("%d activities held against their window prove little", checked)
	}
	let := checkClaims(t, rdb)
	t.Logf("%d activities had a window of their own, by when they happened; %d by the clock of Redis", checked, let)
}

// checkClaims returns how many activities the throttle remembers to have let
// through, and fails if two of a user are within a window: by the clock of Redis
// that is exact, whatever died and jumped meanwhile.
func checkClaims(t *testing.T, rdb *redis.Client) (n int) {
	t.Helper()
	for user := range int64(chaosUsers) {
		key := newKeys("bot").throttled(throttle.SlotOf(user+1, 0))
		claims, err := rdb.ZRangeWithScores(t.Context(), key, 0, -1).Result()
		if err != nil || len(claims) == 0 {
			t.Errorf("user %d: %d claims, %v", user+1, len(claims), err)
		}
		for i := 1; i < len(claims); i++ {
			if apart := claims[i].Score - claims[i-1].Score; apart < float64(chaosWindow.Milliseconds()) {
				t.Errorf("user %d: %v and %v are %v ms apart", user+1, claims[i-1].Member, claims[i].Member, apart)
			}
		}
		n += len(claims)
	}
	return n
}

// notTaken is how many of the keys the API has not taken.
func notTaken(api *bbtest.API, keys map[string]bool) int {
	left := maps.Clone(keys)
	for _, ev := range api.Events() {
		delete(left, ev.IdempotencyKey)
	}
	return len(left)
}
