package bbredis

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/storetest"
)

// node is one server of a cluster.
type node struct {
	*server
	port string
	id   string
	rdb  *redis.Client
}

func startNode(t *testing.T) *node {
	t.Helper()
	n := &node{port: freePort(t)}
	n.server = startServer(t, "--port", n.port, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--appendfsync", "no")
	n.rdb = n.client()
	n.id = do(t, n.rdb, "CLUSTER", "MYID").(string)
	return n
}

// serve gives a node slots.
func (n *node) serve(from, to int) {
	n.tb.Helper()
	args := []any{"CLUSTER", "ADDSLOTS"}
	for slot := from; slot < to; slot++ {
		args = append(args, slot)
	}
	do(n.tb, n.rdb, args...)
}

func (n *node) says(section, fact string) bool {
	return strings.Contains(do(n.tb, n.rdb, anys(strings.Fields(section))...).(string), fact)
}

// startCluster returns nodes of which each has a part of the slots, a replica of
// each, and a client of all.
func startCluster(t *testing.T, masters int, replicated bool) (nodes, replicas []*node, rdb *redis.ClusterClient) {
	t.Helper()
	const slots = 16384
	var addrs []string
	for i := range masters {
		n := startNode(t)
		n.serve(slots*i/masters, slots*(i+1)/masters)
		nodes, addrs = append(nodes, n), append(addrs, "127.0.0.1:"+n.port)
		if replicated {
			replicas = append(replicas, startNode(t))
		}
	}
	all := slices.Concat(nodes, replicas)
	for _, n := range all[1:] {
		do(t, n.rdb, "CLUSTER", "MEET", "127.0.0.1", all[0].port)
	}
	for _, n := range all {
		until(t, "the cluster", func() bool {
			return n.says("CLUSTER INFO", "cluster_state:ok") && n.says("CLUSTER INFO", fmt.Sprintf("cluster_known_nodes:%d", len(all)))
		})
	}
	for i, n := range replicas {
		do(t, n.rdb, "CLUSTER", "REPLICATE", nodes[i].id)
		until(t, "replication", func() bool { return n.says("INFO replication", "master_link_status:up") })
	}
	rdb = redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = rdb.Close() })
	return nodes, replicas, rdb
}

// freePort returns a port that nobody has, and neither the one by which nodes of a
// cluster on it talk.
func freePort(t *testing.T) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		bus, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port+10000))
		_ = l.Close()
		if err != nil {
			continue
		}
		_ = bus.Close()
		return strconv.Itoa(port)
	}
}

// move moves a slot from one node to another, as resharding does.
func move(t *testing.T, slot int64, from, to *node, all []*node) {
	t.Helper()
	do(t, to.rdb, "CLUSTER", "SETSLOT", slot, "IMPORTING", from.id)
	do(t, from.rdb, "CLUSTER", "SETSLOT", slot, "MIGRATING", to.id)
	for {
		keys := do(t, from.rdb, "CLUSTER", "GETKEYSINSLOT", slot, 10).([]any)
		if len(keys) == 0 {
			break
		}
		for _, key := range keys { // one at a time, so that scripts meet half a slot
			do(t, from.rdb, "MIGRATE", "127.0.0.1", to.port, key, 0, 5000)
		}
	}
	for _, n := range append([]*node{to, from}, all...) {
		do(t, n.rdb, "CLUSTER", "SETSLOT", slot, "NODE", to.id)
	}
}

// The slot of a prefix moves from master to master, a replica takes over as
// planned, and a master is killed, while a bot sends. Nothing is lost.
func TestClusterThatChanges(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for a cluster to elect a master: a long form, which make check runs")
	}
	nodes, replicas, rdb := startCluster(t, 3, true)
	srv := bbtest.NewServer(t)
	client := srv.Client(shared(rdb, "bot"))
	slot := do(t, nodes[0].rdb, "CLUSTER", "KEYSLOT", newKeys("bot").events).(int64)
	owner := int(slot * 3 / 16384)
	sent := 0
	send := func(n int) {
		for range n {
			client.Send(bb.Event{Name: "order_paid"})
			client.Send(bb.Event{Name: bb.EventActivity, UserID: int64(sent + 1)})
			sent++
		}
	}
	for range 6 {
		send(50)
		next := (owner + 1) % len(nodes)
		move(t, slot, nodes[owner], nodes[next], nodes)
		owner = next
		send(50)
		srv.Wait("order_paid", sent)
	}
	send(50)
	do(t, replicas[owner].rdb, "CLUSTER", "FAILOVER")
	until(t, "the planned fail-over", func() bool { return replicas[owner].says("INFO replication", "role:master") })
	send(50)
	srv.Wait("order_paid", sent)

	until(t, "replication", func() bool { return nodes[owner].says("INFO replication", "master_link_status:up") })
	replicas[owner].kill()
	send(50)
	until(t, "what was sent after the master died", func() bool { return len(srv.Events("order_paid")) == sent })
	until(t, "the answers", func() bool { s := client.Stats(); return s.Delivered == uint64(2*sent) && s.Pending == 0 })
	closeAll(t, client)
	wantEmpty(t, rdb, "bot")
}

// All keys of a prefix lie in one slot, whatever the prefix.
func TestCluster(t *testing.T) {
	_, _, rdb := startCluster(t, 1, false)
	for _, prefix := range []string{"", "bot", "{bot}", "{}", "a}b{c", "}", "бот"} {
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
	for _, prefix := range []string{"bot", "{bot", "bot}", "{bot}", "bb"} {
		key := newKeys(prefix).events
		if other, found := seen[key]; found {
			t.Errorf("%q and %q have the key %s", prefix, other, key)
		}
		seen[key] = prefix
	}
}
