package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/exampletest"
)

func TestFolder(t *testing.T) {
	api := bbtest.NewServer(t)
	api.Setenv()
	dir := filepath.Join(t.TempDir(), "events")
	examine(t, "-dir", filepath.Join(dir, "below")).want(t, "folder", "warning", "does not exist yet")
	if _, err := os.Stat(dir); err == nil {
		t.Error("the doctor made the folder")
	}
	if _, err := os.Stat("/proc/self"); err == nil { // nobody makes a folder there, root neither
		examine(t, "-dir", "/proc/self/events").want(t, "folder", "problem", "cannot make it", "chown")
	}

	box, err := bbdisk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	api.Decide(func(bbtest.Request) bbtest.Answer { return bbtest.Answer{Status: 401} })
	client := api.Client(func(cfg *bb.Config) { cfg.Outbox = box })
	client.Send(bb.Event{Name: "order_paid"})
	examine(t, "-dir", dir).says(t, "folder", "it is in use")
	_ = client.Close()
	api.Decide(nil)

	t.Setenv(bbdisk.EnvDir, dir)
	for range 2 { // what waits is left there
		examine(t).says(t, "folder", "1 event waits in it")
	}
	file := filepath.Join(dir, "events.txt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	examine(t, "-dir", file).want(t, "folder", "problem", "is not a folder")
}

func TestRedis(t *testing.T) {
	rdb := exampletest.Redis(t)
	url := "unix://" + rdb.Options().Addr
	point(t, bbtest.NewServer(t).URL)
	examine(t, "-redis", url).want(t, "Redis", "ok", "takes events")
	if left, _ := rdb.Keys(t.Context(), "*").Result(); len(left) != 1 || !strings.Contains(left[0], ":user:") { // which goes by itself
		t.Errorf("it left %q", left)
	}
	if err := rdb.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-lru").Err(); err != nil {
		t.Fatal(err)
	}
	examine(t, "-redis", url).want(t, "Redis", "warning", "maxmemory-policy is allkeys-lru")
	if err := rdb.Do(t.Context(), "ACL", "SETUSER", "default", "-zadd").Err(); err != nil {
		t.Fatal(err)
	}
	examine(t, "-redis", url).want(t, "Redis", "problem", "NOPERM", "https://github.com/")
}

func TestNoRedis(t *testing.T) {
	point(t, bbtest.NewServer(t).URL)
	examine(t, "-redis", "redis://127.0.0.1:1/0").want(t, "Redis", "problem", "refused")
	r := examine(t, "-redis", "http://user:pass-word@127.0.0.1")
	r.want(t, "Redis", "problem", "is not the URL of a Redis")
	if strings.Contains(r.text, "pass-word") {
		t.Errorf("the password shows: %s", r.text)
	}
}
