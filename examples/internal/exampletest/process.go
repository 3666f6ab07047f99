package exampletest

import (
	"bytes"
	"os/exec"
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

	p := &process{cmd: exec.CommandContext(t.Context(), binary), ended: make(chan error, 1)}
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
	return p, telegram
}

// stop ends the program as a service manager does, and wants exit code 0.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("after SIGTERM the bot ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("SIGTERM did not end the bot")
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
