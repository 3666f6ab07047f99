package bbredis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

var (
	errNoClient = errors.New("bbredis: the outbox or throttle was made with a nil client; give it the one of redis.NewClient")
	errAnswer   = errors.New("the answer is not what the script returns; is something between the bot and Redis?")
)

const (
	lacksRights   = "NOPERM: the Redis user lacks a command or a key; docs/replicas.md lists what its ACL must allow"
	wantsPassword = "NOAUTH: Redis wants a password; set Username and Password of the Redis client"
)

// problems are what Redis answers, and go-redis says, in the order in which they
// are looked for: what quotes a command, and so may quote an event, comes first.
var problems = []struct{ sign, remedy string }{
	{"unknown command", "Redis knows no EVALSHA or EVAL: allow both, they may be disabled or renamed there"},
	{"NOPERM", lacksRights},
	{"ACL failure in script", lacksRights},
	{"The user executing the script", lacksRights},
	{"NOAUTH", wantsPassword},
	{"unauthenticated", wantsPassword},
	{"WRONGPASS", "WRONGPASS: Redis refuses the password; check Username and Password of the Redis client"},
	{"DENIED", "DENIED: Redis in protected mode serves its own machine only; set a password and bind there"},
	{"LOADING", "LOADING: Redis reads its data after a start; it goes on by itself"},
	{"MASTERDOWN", "MASTERDOWN: this is a replica of Redis without its master; it goes on once there is a master"},
	{"READONLY", "READONLY: this is a replica of Redis; give the client the master, or use redis.NewFailoverClient"},
	{"MISCONF", "MISCONF: Redis cannot write to its disk; its log says why, a full disk is the usual reason"},
	{"NOREPLICAS", "NOREPLICAS: fewer replicas of Redis are connected than its min-replicas-to-write"},
	{"OOM", "OOM: Redis is full; raise its maxmemory, or find what fills it"},
	{"BUSY", "BUSY: another script runs in Redis for too long; SCRIPT KILL there ends it"},
	{"non deterministic", "this Redis refuses TIME in scripts that write; set lua-replicate-commands yes there"},
	{"CLUSTERDOWN", "CLUSTERDOWN: a part of the cluster has no master; it goes on once there is one"},
	{"CROSSSLOT", "CROSSSLOT: a proxy or cluster tells keys of one hash tag apart"},
	{"MOVED", "MOVED: this is a cluster; use redis.NewClusterClient"},
	{"TRYAGAIN", "TRYAGAIN: the cluster moves these keys to another node; it goes on by itself"},
	{"WRONGTYPE", "WRONGTYPE: something else uses the keys of this prefix; choose another prefix"},
	{"unexpected type", errAnswer.Error()},
	{"client is closed", "the Redis client is closed; close it after the bb client"},
	{"connection pool timeout", "all connections of the Redis client are in use; raise its PoolSize"},
	{"all sentinels", "no Sentinel can be reached; check their addresses, and the name of the master"},
}

// explain turns an error of go-redis into what happened and what to do. Text of
// Redis may quote an event, so nothing of it stays.
func explain(ctx context.Context, rdb redis.UniversalClient, err error) error {
	if isAnswer(err) {
		return remedy(err.Error())
	}
	// Redis hangs up on a long command from a client that it does not want, before
	// the client reads why. A short one gets the answer.
	if ping := rdb.Ping(ctx).Err(); isAnswer(ping) {
		return remedy(ping.Error())
	}
	// A master that died gets a successor, of which a client of a cluster hears by
	// itself within a minute only.
	if cluster, ok := rdb.(*redis.ClusterClient); ok {
		cluster.ReloadState(ctx)
	}
	return fmt.Errorf("this Redis cannot be reached; check that it runs, and the address that the Redis client was given: %w", err)
}

// isAnswer reports whether an error is what Redis answered, or says of itself that
// go-redis made it. Others are of the network.
func isAnswer(err error) bool {
	var answered redis.Error
	return err != nil && (errors.As(err, &answered) || strings.HasPrefix(err.Error(), "redis: "))
}

func remedy(text string) error {
	for _, p := range problems {
		if strings.Contains(text, p.sign) {
			return errors.New(p.remedy)
		}
	}
	return errors.New("this Redis refuses the script for a reason that bbredis does not know; run MONITOR there, or look at its log")
}
