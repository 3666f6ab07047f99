package main

import (
	"strings"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/exampletest"
)

func TestSIGTERM(t *testing.T) {
	code, out := exampletest.Stop(t, "Ctrl-C stops everything.", "-listen", "127.0.0.1:0", "-api", "127.0.0.1:0")
	if code != 0 || !strings.Contains(out, "Stopping. What waits is delivered first.") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}
