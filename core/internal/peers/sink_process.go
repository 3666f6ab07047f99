package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// sinkProcess is the sink as the run has it: a process on the second CPU.
type sinkProcess struct {
	url  string
	cmd  *exec.Cmd
	stay io.Closer // the sink ends when this is closed
}

func startSink(b *bench) (*sinkProcess, error) {
	cmd := exec.Command(b.exe, sinkRole)
	cmd.Stderr = os.Stderr
	stay, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.start(cmd, sinkCPU); err != nil {
		return nil, fmt.Errorf("start the sink: %w", err)
	}
	s := &sinkProcess{cmd: cmd, stay: stay}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the sink told no address: %w", err), s.stop())
	}
	s.url = strings.TrimSpace(line)
	return s, nil
}

func (s *sinkProcess) stop() error {
	return errors.Join(s.stay.Close(), s.cmd.Wait())
}

// seen is what the sink got.
type seen struct{ Requests, Connections int }

func (s seen) minus(before seen) seen {
	return seen{s.Requests - before.Requests, s.Connections - before.Connections}
}

func (s *sinkProcess) seen() (seen, error) { return control(s.url, "stats") }

// control asks the sink at url for its counts, or to open or shut its gate.
func control(url, what string) (s seen, err error) {
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get(url + "/control/" + what)
	if err != nil {
		return s, fmt.Errorf("the sink does not answer: %w", err)
	}
	defer resp.Body.Close()
	return s, json.NewDecoder(resp.Body).Decode(&s)
}
