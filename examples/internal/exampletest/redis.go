package exampletest

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/redisserver"
)

// Redis returns a client of a server that ends with the test. Without
// redis-server it skips the test, or fails it if BB_REQUIRE has "redis".
func Redis(tb testing.TB) *redis.Client {
	tb.Helper()
	RequireRedis(tb)
	s, err := redisserver.New()
	if err != nil {
		tb.Fatal(err)
	}
	rdb := redis.NewClient(s.Options())
	tb.Cleanup(func() {
		_ = rdb.Close()
		s.Close()
	})
	return rdb
}

// RequireRedis skips a test where there is no redis-server, or fails it if BB_REQUIRE
// has "redis".
func RequireRedis(tb testing.TB) {
	tb.Helper()
	if _, err := exec.LookPath("redis-server"); errors.Is(err, exec.ErrNotFound) {
		const reason = "redis-server is not installed; on Debian: apt-get install redis-server"
		if strings.Contains(os.Getenv("BB_REQUIRE"), "redis") {
			tb.Fatal(reason)
		}
		tb.Skip(reason)
	}
}
