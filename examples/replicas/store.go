package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// store is the Redis of the demonstration: one that runs, or its own.
type store struct {
	options *redis.Options
	dir     string // of its own
	cmd     *exec.Cmd
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
	if _, err := exec.LookPath("redis-server"); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "replicas")
	if err != nil {
		return nil, err
	}
	s := &store{dir: dir, options: &redis.Options{Network: "unix", Addr: filepath.Join(dir, "redis.sock")}}
	if err := s.start(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *store) owned() bool { return s.dir != "" }

func (s *store) client() *redis.Client {
	options := *s.options
	options.ContextTimeoutEnabled = true // so that this library's deadlines hold
	return redis.NewClient(&options)
}

// start runs a server that loses nothing that it has answered, and returns when
// it can be reached.
func (s *store) start() error {
	s.cmd = exec.Command("redis-server", "--port", "0", "--unixsocket", s.options.Addr, "--dir", s.dir,
		"--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction")
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "eady to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return nil
		}
	}
	return fmt.Errorf("redis-server did not start: %w", s.cmd.Wait())
}

// stop kills the server.
func (s *store) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

func (s *store) close() {
	if s.owned() {
		s.stop()
		_ = os.RemoveAll(s.dir)
	}
}
