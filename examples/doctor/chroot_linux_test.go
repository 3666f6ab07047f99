package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// The doctor runs where there is nothing else, as in an image FROM scratch.
func TestEmptyRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may change the root")
	}
	root := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(root, "doctor"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	examineThere := func(base, key string) reading {
		cmd := exec.CommandContext(t.Context(), "/doctor", "-send")
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
		cmd.Dir = "/"
		cmd.Env = []string{bb.EnvEnabled + "=true", bb.EnvBaseURL + "=" + base, bb.EnvIntegrationKey + "=" + key}
		out, _ := cmd.CombinedOutput()
		t.Logf("\n%s", out) // to be read with -v
		return read(cmd.ProcessState.ExitCode(), string(out))
	}
	api := bbtest.NewServer(t)
	r := examineThere(api.URL, api.Key)
	r.wantCode(t, 0)
	r.want(t, "send", "ok", "delivered twice")

	r = examineThere(serveTLS(t).URL, api.Key) // and tells what it lacks there
	r.want(t, "TLS", "problem", "ca-certificates")
}
