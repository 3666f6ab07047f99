package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/exampletest"
)

// SIGTERM takes the redis-server and its folder along.
func TestSIGTERM(t *testing.T) {
	exampletest.RequireRedis(t)
	temporary, err := os.MkdirTemp("", "replicas") // short, for the socket
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	t.Setenv("TMPDIR", temporary)
	code, out := exampletest.Stop(t, "Each replica sends two events")
	if left, err := filepath.Glob(filepath.Join(temporary, "redis*")); code != 1 || err != nil || len(left) > 0 {
		t.Errorf("exit code %d, %v left, %v:\n%s", code, left, err, out)
	}
}
