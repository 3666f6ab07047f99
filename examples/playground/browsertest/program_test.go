package browsertest

import (
	"bufio"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// patience is the deadline of a whole test; nothing waits it out.
const patience = 90 * time.Second

var address = regexp.MustCompile(`Open (http://\S+)`)

// startPlayground builds and runs the program on a free port, and returns where
// its page is. It ends with the test, and must end well.
func startPlayground(t *testing.T) (url string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "playground.exe")
	build := exec.Command("go", "build", "-o", binary, "./examples/playground")
	build.Dir = filepath.Join("..", "..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	program := exec.Command(binary, "-listen", "127.0.0.1:0")
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, program) })

	lines := bufio.NewScanner(out)
	for url == "" && lines.Scan() {
		if found := address.FindStringSubmatch(lines.Text()); found != nil {
			url = found[1]
		}
	}
	if url == "" {
		t.Fatal("the playground did not say what to open")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return url
}

func stop(t *testing.T, program *exec.Cmd) {
	if runtime.GOOS == "windows" { // has no signal to send
		_ = program.Process.Kill()
		return
	}
	overdue := time.AfterFunc(patience, func() { _ = program.Process.Kill() })
	defer overdue.Stop()
	if err := program.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	if err := program.Wait(); err != nil {
		t.Errorf("after Ctrl-C the playground ended with %v", err)
	}
}
