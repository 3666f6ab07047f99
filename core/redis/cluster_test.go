package bbredis

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/storetest"
)

// startCluster returns a client of a cluster of one node, which refuses scripts
// whose keys lie in different slots as larger ones do.
func startCluster(t *testing.T) *redis.ClusterClient {
	t.Helper()
	port, bus := freePort(t), freePort(t)
	s := startServer(t, "--port", port, "--cluster-port", bus, "--cluster-enabled", "yes", "--appendfsync", "no")
	node := s.client()
	do(t, node, "CLUSTER", "ADDSLOTSRANGE", 0, 16383)
	until(t, "the cluster", func() bool {
		return strings.Contains(do(t, node, "CLUSTER", "INFO").(string), "cluster_state:ok")
	})
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:" + port}, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// All keys of a prefix lie in one slot, whatever the prefix.
func TestCluster(t *testing.T) {
	rdb := startCluster(t)
	for _, prefix := range []string{"", "bot", "{bot}", "}", "{}", "a}b{c", "бот", "%7B"} {
		t.Run(prefix, func(t *testing.T) {
			o, th := newOutbox(rdb, prefix), NewThrottle(rdb, prefix).Shared()
			put(t, o, "1", "2")
			taken := take(t, o, 2)
			wantBodies(t, taken, "1", "2")
			retry(t, o, taken[0])
			remove(t, o, taken[1].ID)
			again := take(t, o, 2)
			wantBodies(t, again, "1")
			remove(t, o, again[0].ID)
			handOver(t, o)
			wantEmpty(t, rdb, prefix)
			if !claim(t, th, 7, time.Now(), "key") || claim(t, th, 7, time.Now(), "other") {
				t.Error("the throttle does not work")
			}
			if _, err := o.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
	n := 0
	storetest.Run(t, func(t *testing.T, bounds store.Bounds) store.Store {
		n++
		return newOutbox(rdb, fmt.Sprint("suite", n), WithLimits(bounds.Events, bounds.Bytes))
	})
}

func TestPrefixesDoNotClash(t *testing.T) {
	seen := make(map[string]string)
	for _, prefix := range []string{"bot", "{bot", "%7Bbot", "%257Bbot", "bot}", "bot%7D", "{bot}"} {
		key := newKeys(prefix).events
		if other, found := seen[key]; found {
			t.Errorf("%q and %q have the key %s", prefix, other, key)
		}
		seen[key] = prefix
	}
}
