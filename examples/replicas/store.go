package main

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/redisserver"
)

// store is the Redis of the demonstration: one that runs, or its own.
type store struct {
	options *redis.Options
	own     *redisserver.Server // nil: it is one that runs
}

// connect reaches the Redis at url, or starts one if there is no url.
func connect(url string) (*store, error) {
	if url != "" {
		options, err := redis.ParseURL(url)
		if err != nil {
			return nil, fmt.Errorf("-redis: %w", err)
		}
		s := &store{options: options}
		rdb := s.client()
		defer rdb.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return s, rdb.Ping(ctx).Err()
	}
	own, err := redisserver.New()
	if err != nil {
		return nil, err
	}
	return &store{options: own.Options(), own: own}, nil
}

func (s *store) owned() bool { return s.own != nil }

func (s *store) client() *redis.Client {
	options := *s.options
	options.ContextTimeoutEnabled = true // so that this library's deadlines hold
	return redis.NewClient(&options)
}

func (s *store) close() {
	if s.owned() {
		s.own.Close()
	}
}
