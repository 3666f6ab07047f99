package bbredis_test

import (
	"log"

	"github.com/redis/go-redis/v9"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbredis "github.com/silverbranch/bb-telegram-analytics-go/core/redis"
)

func Example() {
	rdb := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
	defer rdb.Close() // runs after the client's Close

	cfg := bb.ConfigFromEnv()
	cfg.Outbox = bbredis.NewOutbox(rdb, "mybot")
	cfg.Throttle = bbredis.NewThrottle(rdb, "mybot")
	client, err := bb.New(cfg)
	if err != nil {
		log.Printf("analytics off: %v", err)
	}
	defer client.Close()
}
