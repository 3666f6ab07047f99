package bbredis

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// startSentinel returns a client of what a Sentinel takes for the master of two
// servers.
func startSentinel(t *testing.T, master string) (rdb, sentinel *redis.Client) {
	t.Helper()
	port := freePort(t)
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	conf := fmt.Sprintf("port %s\nsentinel monitor bot 127.0.0.1 %s 1\nsentinel down-after-milliseconds bot 1000\nsentinel failover-timeout bot 5000\n", port, master)
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary(), file, "--sentinel")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	addr := "127.0.0.1:" + port
	sentinel = redis.NewClient(&redis.Options{Addr: addr})
	rdb = redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "bot", SentinelAddrs: []string{addr}, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = rdb.Close(); _ = sentinel.Close() })
	until(t, "Sentinel to know both", func() bool {
		return strings.Contains(sentinel.Info(t.Context(), "sentinel").Val(), "slaves=1")
	})
	return rdb, sentinel
}

// A fail-over, planned or because the master was killed, needs nobody: what is
// sent once the old master is none any more is delivered by the new one.
func TestSentinelFailOver(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for Sentinel to find a master down: a long form, which make check runs")
	}
	for _, planned := range []bool{true, false} {
		t.Run(fmt.Sprintf("planned=%v", planned), func(t *testing.T) {
			port, other := freePort(t), freePort(t)
			a := startServer(t, "--port", port)
			b := startServer(t, "--port", other, "--replicaof", "127.0.0.1", port)
			is := func(s *redis.Client, fact string) bool {
				return strings.Contains(s.Info(t.Context(), "replication").Val(), fact)
			}
			next := b.client()
			until(t, "replication", func() bool { return is(next, "master_link_status:up") })
			rdb, sentinel := startSentinel(t, port)
			srv := bbtest.NewServer(t)
			client := srv.Client(shared(rdb, "bot"))
			send := func(name string) {
				for range 50 {
					client.Send(bb.Event{Name: name})
				}
			}
			send("before")
			srv.Wait("before", 50)
			if planned {
				until(t, "Sentinel to find the replica good", func() bool { return sentinel.Do(t.Context(), "SENTINEL", "FAILOVER", "bot").Err() == nil })
				send("meanwhile") // what the old master takes now, and nobody copies, is lost
				old := a.client()
				until(t, "the old master to follow", func() bool { return is(old, "role:slave") })
			} else {
				a.kill()
			}
			send("after")
			until(t, "what was sent after it", func() bool { return len(srv.Events("after")) == 50 })
			until(t, "the answers", func() bool { return client.Stats().Pending == 0 })
			if !is(next, "role:master") {
				t.Error("there was no fail-over")
			}
			closeAll(t, client)
			if planned {
				t.Logf("%d of 50 that were sent meanwhile were delivered", len(srv.Events("meanwhile")))
			}
		})
	}
}
