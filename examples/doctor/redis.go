package main

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbredis "github.com/silverbranch/bb-telegram-analytics-go/core/redis"
)

// lookAtRedis lets a client of its own hand an event over, under a prefix of its
// own: what the ACL of the user forbids shows in it. Nothing goes to the API.
func (c *checkup) lookAtRedis(ctx context.Context) finding {
	options, err := redis.ParseURL(c.redis) // whose error may quote a password
	if err != nil {
		return finding{problem, "-redis is not the URL of a Redis", "Set it like redis://user:password@localhost:6379/0, or rediss:// for TLS."}
	}
	options.ContextTimeoutEnabled = true
	rdb := redis.NewClient(options)
	defer rdb.Close()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if err := rdb.Ping(ctx).Err(); err != nil {
		return finding{problem, options.Addr + ": " + err.Error(), "Check the address, the user and the password, and whether Redis runs."}
	}
	if why := handOver(ctx, rdb); why != "" {
		return finding{problem, options.Addr + ": " + why, "What Redis has to be set to: " + pages + "replicas.md"}
	}
	return c.settingsOf(ctx, rdb, options.Addr)
}

// handOver says why an event cannot go through Redis; "": it can.
func handOver(ctx context.Context, rdb *redis.Client) string {
	prefix := "bb-doctor-" + uuid.New().String()
	log := &notes{}
	client, err := bb.New(bb.Config{
		Enabled: true, IntegrationKey: "doctor", Logger: slog.New(log), Transport: taker{},
		Outbox: bbredis.NewOutbox(rdb, prefix), Throttle: bbredis.NewThrottle(rdb, prefix),
	})
	if err != nil {
		return err.Error()
	}
	client.For(1, 1).Track(bb.EventActivity, nil)
	err = client.Flush(ctx)
	_ = client.Shutdown(ctx)
	tag := "{" + prefix + "}:v2:"
	rdb.Del(ctx, tag+"events", tag+"ready", tag+"later", tag+"leased") // best effort: they are next to nothing
	why := log.take()
	if why == "" && err != nil {
		why = words(err)
	}
	return why
}

// taker is an API that takes everything.
type taker struct{}

func (taker) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// settingsOf warns of settings with which Redis forgets events. One that hides
// its settings is not asked.
func (c *checkup) settingsOf(ctx context.Context, rdb *redis.Client, address string) finding {
	said, _ := rdb.ConfigGet(ctx, "*").Result()
	var wrong []string
	if policy := said["maxmemory-policy"]; cmp.Or(policy, "noeviction") != "noeviction" {
		wrong = append(wrong, "maxmemory-policy is "+policy+", so a full Redis throws events away")
	}
	if said["appendonly"] == "no" {
		wrong = append(wrong, "appendonly is no, so a restart of Redis forgets events")
	}
	if len(wrong) > 0 {
		return finding{warning, address + " takes events; " + strings.Join(wrong, "; "), "Set maxmemory-policy noeviction and appendonly yes."}
	}
	return ok("%s takes events", address)
}
