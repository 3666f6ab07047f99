package exampletest

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// patience bounds how long a bot takes to stop.
const patience = 15 * time.Second

// process is an example bot that runs.
type process struct {
	cmd   *exec.Cmd
	ended chan error // result of Wait
	mu    sync.Mutex // guards log
	log   bytes.Buffer
}

// startBot runs the bot against a simulated Telegram of its own. The program is
// killed at the end of the test if it still runs.
func startBot(t *testing.T, binary string) (*process, *bbtest.Telegram) {
	t.Helper()
	telegram := bbtest.NewTelegram(t)
	t.Setenv("TELEGRAM_API_URL", telegram.URL)
	t.Setenv("TELEGRAM_BOT_TOKEN", telegram.Token)

	return launch(t, exec.CommandContext(t.Context(), binary)), telegram
}

// launch runs a command that is a bot.
func launch(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, ended: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the bot wrote:\n%s", p.output())
		}
	})
	return p
}

// Stop runs the program in the current directory, sends it SIGTERM once it has
// written a text, and returns its exit code and what it wrote.
func Stop(t *testing.T, text string, args ...string) (code int, output string) {
	t.Helper()
	p := launch(t, exec.CommandContext(t.Context(), build(t), args...))
	for begun := time.Now(); !strings.Contains(p.output(), text); time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatalf("it does not write %q", text)
		}
	}
	p.signal(t, syscall.SIGTERM)
	_ = p.wait(t)
	return p.cmd.ProcessState.ExitCode(), p.output()
}

// stop ends the program as a service manager does, and wants exit code 0.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	if err := p.wait(t); err != nil {
		t.Errorf("after SIGTERM the bot ended with %v", err)
	}
	if strings.Contains(p.output(), "not all events were delivered") {
		t.Error("the bot lost events")
	}
}

// kill ends the program as a lack of memory does.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.signal(t, os.Kill)
	_ = p.wait(t)
}

func (p *process) signal(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

func (p *process) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(patience):
		t.Fatal("the bot did not end")
		return nil
	}
}

// Write keeps what the program writes.
func (p *process) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(data)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}
