package bbredis

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// server is a redis-server of this test, with a folder that outlives it.
type server struct {
	tb   testing.TB
	dir  string
	args []string
	env  []string
	cmd  *exec.Cmd
}

// startServer starts a redis-server that keeps what it has answered.
func startServer(tb testing.TB, args ...string) *server {
	tb.Helper()
	if _, err := exec.LookPath(binary()); err != nil {
		lacking(tb, "redis", binary()+" is not installed; on Debian: apt-get install redis-server")
	}
	dir, err := os.MkdirTemp("", "bbredis") // short, for the socket
	if err != nil {
		tb.Fatal(err)
	}
	s := &server{tb: tb, dir: dir, args: args}
	tb.Cleanup(func() {
		s.kill()
		_ = os.RemoveAll(dir)
	})
	s.start()
	return s
}

// binary is the server to test with: BB_REDIS_SERVER, as that of Valkey or of an
// older Redis.
func binary() string { return cmp.Or(os.Getenv("BB_REDIS_SERVER"), "redis-server") }

// lacking skips a test for a reason, or fails it where BB_REQUIRE, a list like
// "redis,chromium", has the name of what it lacks: CI requires what it installs.
func lacking(tb testing.TB, name, reason string) {
	tb.Helper()
	if strings.Contains(os.Getenv("BB_REQUIRE"), name) {
		tb.Fatal(reason)
	}
	tb.Skip(reason)
}

func (s *server) socket() string { return filepath.Join(s.dir, "redis.sock") }

// start returns when the server answers.
func (s *server) start() {
	s.tb.Helper()
	out := s.launch()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready to accept connections") || strings.Contains(lines.Text(), "Ready to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return
		}
	}
	s.tb.Fatalf("%s did not start in %s", binary(), s.dir)
}

// launch returns what the server writes.
func (s *server) launch() io.Reader {
	s.tb.Helper()
	args := []string{"--port", "0", "--unixsocket", s.socket(), "--dir", s.dir, "--save", "", "--appendonly", "yes", "--appendfsync", "always"}
	s.cmd = exec.Command(binary(), append(args, s.args...)...)
	s.cmd.Env = append(os.Environ(), s.env...)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.tb.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatal(err)
	}
	return out
}

// setClock sets the clock of a server that startWrongClock started.
func (s *server) setClock(ahead time.Duration) {
	s.tb.Helper()
	err := os.WriteFile(s.dir+"/next", []byte(strconv.Itoa(int(ahead.Seconds()))), 0o600)
	if err = errors.Join(err, os.Rename(s.dir+"/next", s.dir+"/ahead")); err != nil {
		s.tb.Fatal(err)
	}
}

// startWrongClock starts a server whose clock can be set; one whose clock is
// right, where no C compiler is to be had.
func startWrongClock(tb testing.TB, args ...string) *server {
	tb.Helper()
	s := startServer(tb, args...)
	lib := s.dir + "/clock.so"
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-o", lib, "testdata/clock.c").CombinedOutput(); err != nil {
		tb.Logf("clocks stay right, for there is no C compiler: %v %s", err, out)
		return s
	}
	s.kill()
	s.env = []string{"LD_PRELOAD=" + lib, "CLOCK_FILE=" + s.dir + "/ahead"}
	s.start()
	return s
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// client is one replica's connection.
func (s *server) client() *redis.Client {
	rdb := redis.NewClient(s.options())
	s.tb.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

func (s *server) options() *redis.Options {
	return &redis.Options{Network: "unix", Addr: s.socket(), ContextTimeoutEnabled: true, MaxRetries: -1}
}

// common is the server of all tests that do not harm theirs.
var common struct {
	sync.Mutex
	*server
	prefixes atomic.Int64
}

// connect returns a connection to the common server and a prefix of the test's
// own.
func connect(tb testing.TB) (*redis.Client, string) {
	tb.Helper()
	common.Lock()
	defer common.Unlock()
	if common.server == nil {
		common.server = startServer(outliving{tb}, "--appendfsync", "no")
	}
	rdb := redis.NewClient(common.options())
	tb.Cleanup(func() { _ = rdb.Close() })
	return rdb, fmt.Sprintf("test%d", common.prefixes.Add(1))
}

// outliving keeps what a test started for the next ones.
type outliving struct{ testing.TB }

func (outliving) Cleanup(func()) {}

func stopCommon() {
	if common.server != nil {
		common.kill()
		_ = os.RemoveAll(common.dir)
	}
}

// children are what the test binary becomes when it starts itself again.
var children = map[string]func(){}

func TestMain(m *testing.M) {
	if run := children[os.Getenv("BBREDIS_CHILD")]; run != nil {
		run()
		return
	}
	code := m.Run()
	stopCommon()
	os.Exit(code)
}

// do makes one command and returns its answer.
func do(tb testing.TB, rdb redis.UniversalClient, args ...any) any {
	tb.Helper()
	answer, err := rdb.Do(context.Background(), args...).Result()
	if err != nil && err != redis.Nil {
		tb.Fatalf("%v: %v", args, err)
	}
	return answer
}

const millisecond = `return math.floor(redis.call('TIME')[2] / 1000)`

// nextMillisecond returns in another millisecond of Redis' clock.
func nextMillisecond(tb testing.TB, rdb redis.UniversalClient) {
	tb.Helper()
	for now := do(tb, rdb, "EVAL", millisecond, 0); do(tb, rdb, "EVAL", millisecond, 0) == now; {
	}
}

// expire ends the leases of every process of a prefix, as time would.
func expire(tb testing.TB, rdb redis.UniversalClient, prefix string) {
	tb.Helper()
	leased := newKeys(prefix).leased
	nextMillisecond(tb, rdb) // so that the next lease has another token
	for _, z := range rdb.ZRangeWithScores(context.Background(), leased, 0, -1).Val() {
		do(tb, rdb, "ZADD", leased, math.Mod(z.Score, 1024), z.Member)
	}
}

// length is how many events are in Redis.
func length(tb testing.TB, rdb redis.UniversalClient, prefix string) int64 {
	tb.Helper()
	n, _ := do(tb, rdb, "HLEN", newKeys(prefix).events).(int64)
	return max(n-1, 0)
}
