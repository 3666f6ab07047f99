package bbredis

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// secret is in the events of these tests, and may be in no error and no line.
const secret = "OOM-LOADING-secret"

// trouble is a state of Redis in which nothing can be had from it.
type trouble struct {
	name   string
	want   string               // in the error
	config string               // that not every server has; without it there is no such trouble
	args   []string             // of the server
	opt    func(*redis.Options) // of the client
	make   func(t *testing.T, s *server, rdb *redis.Client)
}

func configure(name, value string) func(*testing.T, *server, *redis.Client) {
	return func(t *testing.T, _ *server, rdb *redis.Client) { do(t, rdb, "CONFIG", "SET", name, value) }
}

var troubles = []trouble{
	{name: "unreachable", want: "cannot be reached", make: func(_ *testing.T, s *server, _ *redis.Client) { s.kill() }},
	{name: "loading", config: "loading-process-events-interval-bytes", want: "LOADING", args: []string{"--key-load-delay", "300000", "--loading-process-events-interval-bytes", "1024", "--rdbcompression", "no"}, make: loading},
	{name: "a disk that fails", want: "MISCONF", args: []string{"--appendonly", "no"}, make: diskFails},
	{name: "a replica", want: "READONLY", make: func(t *testing.T, _ *server, rdb *redis.Client) { do(t, rdb, "REPLICAOF", "127.0.0.1", "1") }},
	{name: "a replica without data", want: "MASTERDOWN", make: func(t *testing.T, _ *server, rdb *redis.Client) {
		do(t, rdb, "CONFIG", "SET", "replica-serve-stale-data", "no")
		do(t, rdb, "REPLICAOF", "127.0.0.1", "1")
	}},
	{name: "too few replicas", want: "NOREPLICAS", make: configure("min-replicas-to-write", "1")},
	{name: "no password", want: "NOAUTH", args: []string{"--requirepass", "pass"}},
	{name: "a wrong password", want: "WRONGPASS", args: []string{"--requirepass", "pass"}, opt: func(o *redis.Options) { o.Password = "wrong" }},
	{name: "a command that is not allowed", want: "NOPERM", make: forbid("-time", "-zadd")},
	{name: "EVALSHA that is not allowed", want: "NOPERM", make: forbid("-evalsha")},
	{name: "keys that are not allowed", want: "NOPERM", make: forbid("resetkeys", "~other")},
	{name: "a script that does not end", want: "BUSY", args: []string{"--lua-time-limit", "10"}, make: busy},
	{name: "scripts disabled", want: "EVAL", args: []string{"--rename-command", "EVAL", "", "--rename-command", "EVALSHA", ""}},
	{name: "EVALSHA disabled", want: "EVAL", args: []string{"--rename-command", "EVALSHA", ""}},
	{name: "a key of another type", want: "WRONGTYPE", make: func(t *testing.T, _ *server, rdb *redis.Client) {
		for _, key := range newKeys("bot").all() {
			do(t, rdb, "SET", key, "a string")
		}
		do(t, rdb, "SET", newKeys("bot").throttled(14), "a string")
	}},
	{name: "a closed client", want: "client is closed", make: func(_ *testing.T, _ *server, rdb *redis.Client) { _ = rdb.Close() }},
	{name: "TIME refused", config: "lua-replicate-commands", want: "lua-replicate-commands", args: []string{"--lua-replicate-commands", "no"}},
}

// forbid takes rights away from the user of the next connections.
func forbid(rules ...any) func(*testing.T, *server, *redis.Client) {
	return func(t *testing.T, _ *server, rdb *redis.Client) {
		do(t, rdb, append([]any{"ACL", "SETUSER", "default"}, rules...)...)
	}
}

func loading(t *testing.T, s *server, rdb *redis.Client) {
	for i := range 200 {
		do(t, rdb, "SET", fmt.Sprint("k", i), strings.Repeat("x", 2000))
	}
	do(t, rdb, "BGREWRITEAOF")
	until(t, "the rewrite", func() bool {
		return strings.Contains(do(t, rdb, "INFO", "persistence").(string), "aof_rewrite_in_progress:0")
	})
	s.kill()
	out := s.launch()
	go func() { _, _ = io.Copy(io.Discard, out) }()
	until(t, "the loading", func() bool {
		err := rdb.Get(t.Context(), "k1").Err()
		return err != nil && strings.HasPrefix(err.Error(), "LOADING")
	})
}

func diskFails(t *testing.T, s *server, rdb *redis.Client) {
	do(t, rdb, "CONFIG", "SET", "save", "3600 1")
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	_ = rdb.BgSave(t.Context()).Err()
	until(t, "a failed save", func() bool {
		return strings.Contains(do(t, rdb, "INFO", "persistence").(string), "rdb_last_bgsave_status:err")
	})
}

func busy(t *testing.T, s *server, _ *redis.Client) {
	other := s.client()
	go func() { _ = other.Eval(t.Context(), "while true do end", nil).Err() }()
	until(t, "the script", func() bool {
		err := other.Ping(t.Context()).Err()
		return err != nil && strings.HasPrefix(err.Error(), "BUSY")
	})
}

// Each trouble has an error of its own, which says what to do, and quotes
// nothing: from Sync, from Take, and from the throttle.
func TestTroublesAreToldApart(t *testing.T) {
	for _, tr := range troubles {
		t.Run(tr.name, func(t *testing.T) {
			if common, _ := connect(t); tr.config != "" && len(common.ConfigGet(t.Context(), tr.config).Val()) == 0 {
				t.Skipf("this server has no %s", tr.config)
			}
			s := startServer(t, tr.args...)
			opt := s.options()
			if tr.opt != nil {
				tr.opt(opt)
			}
			rdb := redis.NewClient(opt)
			t.Cleanup(func() { _ = rdb.Close() })
			o, th := newOutbox(rdb, "bot"), NewThrottle(rdb, "bot").Shared()
			if tr.make != nil {
				tr.make(t, s, rdb)
			}
			put(t, o, secret)
			_, fromSync := o.Sync(t.Context())
			o.pause = time.Time{}
			_, _, _, fromTake := o.Take(false, lease)
			_, fromThrottle := th.Claim(t.Context(), throttle.Activity{Slot: 14, Key: secret}, time.Minute)
			for from, err := range map[string]error{"Sync": fromSync, "Take": fromTake, "Claim": fromThrottle} {
				if err == nil || !strings.Contains(err.Error(), tr.want) || strings.Contains(err.Error(), secret) {
					t.Errorf("%s = %v, want %q and nothing of the event", from, err, tr.want)
				}
				t.Logf("%s: %v", from, err)
			}
		})
	}
}

func TestUnknownRefusalQuotesNoEvent(t *testing.T) {
	const quoted = "user 4242" // without the sign of a trouble that is known
	if err := remedy("ERR something new about " + quoted); strings.Contains(err.Error(), quoted) {
		t.Errorf("%v quotes an event", err)
	}
}
