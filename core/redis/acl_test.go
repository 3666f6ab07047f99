package bbredis

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/storetest"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// documentedUser is the command of docs/replicas.md that makes a user for a bot,
// for any prefix.
func documentedUser(t *testing.T) []any {
	t.Helper()
	page, err := os.ReadFile("../../docs/replicas.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(page), "\nACL SETUSER mybot ")
	rules, _, _ := strings.Cut(after, "\n")
	if !found {
		t.Fatal("docs/replicas.md has no ACL SETUSER")
	}
	rules = strings.ReplaceAll(rules, "mybot", "*") // the suite has prefixes of its own
	return append([]any{"ACL", "SETUSER", "mybot"}, anys(strings.Fields(rules))...)
}

func asUser(t *testing.T, s *server) *redis.Client {
	opt := s.options()
	opt.Username, opt.Password = "mybot", "PASSWORD"
	rdb := redis.NewClient(opt)
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// The user that the docs make can do all that is needed.
func TestSuiteAsTheDocumentedUser(t *testing.T) {
	s := startServer(t, "--appendfsync", "no")
	do(t, s.client(), documentedUser(t)...)
	rdb, n := asUser(t, s), 0
	storetest.Run(t, func(_ *testing.T, bounds store.Bounds) store.Store {
		n++
		return newOutbox(rdb, "suite"+strings.Repeat("x", n), WithLimits(bounds.Events, bounds.Bytes))
	})
	if err := useAll(t, rdb); err != nil {
		t.Error(err)
	}
}

// And nothing more: without any one of its commands something fails, and says so.
func TestEachDocumentedCommandIsNeeded(t *testing.T) {
	s := startServer(t, "--appendfsync", "no")
	user := documentedUser(t)
	for _, rule := range user {
		command, allows := strings.CutPrefix(rule.(string), "+")
		if !allows || command == "ping" { // which only finds out more after an error
			continue
		}
		t.Run(command, func(t *testing.T) {
			root := s.client()
			do(t, root, "FLUSHALL")
			do(t, root, "SCRIPT", "FLUSH")
			do(t, root, "ACL", "DELUSER", "mybot")
			do(t, root, slices.DeleteFunc(slices.Clone(user), func(r any) bool { return r == rule })...)
			if err := useAll(t, asUser(t, s)); err == nil || !strings.Contains(err.Error(), "NOPERM") {
				t.Errorf("the error is %v, want NOPERM", err)
			}
		})
	}
}

// useAll walks events and an activity through every state, and returns the first
// error.
func useAll(t *testing.T, rdb redis.UniversalClient) error {
	t.Helper()
	o, th := newOutbox(rdb, "all"), NewThrottle(rdb, "all").Shared()
	put(t, o, "a", "b")
	if _, err := o.Sync(t.Context()); err != nil {
		return err
	}
	for _, delay := range []time.Duration{0, time.Hour} {
		r, found, _, err := o.Take(false, lease)
		if err != nil {
			return err
		}
		if !found {
			t.Fatal("took none of two")
		}
		storetest.Settle(t, o, store.Outcome{ID: r.ID, RetryIn: delay, Attempts: 1})
	}
	for range 2 {
		again, _, _, err := o.Take(true, lease)
		if err != nil {
			return err
		}
		remove(t, o, again.ID)
	}
	if _, err := o.Sync(t.Context()); err != nil {
		return err
	}
	for i := range 65 { // one more than are kept
		if _, err := th.Claim(t.Context(), throttle.Activity{Slot: 14, Key: strconv.Itoa(i), Date: int64(i+1) * window.Milliseconds() * 60}, window); err != nil {
			return err
		}
	}
	return nil
}

// A client of a cluster looks for its nodes with one more.
func TestDocumentedUserOfACluster(t *testing.T) {
	nodes, _, _ := startCluster(t, 1, false)
	do(t, nodes[0].rdb, append(documentedUser(t), "+cluster|slots")...)
	rdb := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{"127.0.0.1:" + nodes[0].port}, Username: "mybot", Password: "PASSWORD", ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { _ = rdb.Close() })
	if err := useAll(t, rdb); err != nil {
		t.Error(err)
	}
}
