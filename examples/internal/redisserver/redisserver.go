// Package redisserver runs a redis-server for an example or its test.
package redisserver

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Server is a redis-server on a socket in a folder of its own. It loses nothing
// that it has answered.
type Server struct {
	dir string
	cmd *exec.Cmd
}

// New starts a server. The error is exec.ErrNotFound where there is none.
func New() (*Server, error) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redis") // short, for the socket
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	if err := s.Start(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Options are what a client needs to reach it.
func (s *Server) Options() *redis.Options {
	return &redis.Options{Network: "unix", Addr: s.socket()}
}

func (s *Server) socket() string { return filepath.Join(s.dir, "redis.sock") }

// Start runs the server, again after Kill, and returns when it can be reached.
func (s *Server) Start() error {
	s.cmd = exec.Command("redis-server", "--port", "0", "--unixsocket", s.socket(), "--dir", s.dir,
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

// Kill ends the server as a crash does; its folder stays.
func (s *Server) Kill() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

// Close ends the server and removes its folder.
func (s *Server) Close() {
	s.Kill()
	_ = os.RemoveAll(s.dir)
}
