package main

import (
	"io"
	"strings"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/exampletest"
)

// The docs' webhooks listen on 8080.
func TestPortOfThePage(t *testing.T) {
	var help strings.Builder
	if run(t.Context(), []string{"-help"}, io.Discard, &help); !strings.Contains(help.String(), `"127.0.0.1:7070"`) {
		t.Errorf("the page is somewhere else by default:\n%s", &help)
	}
}

func TestSIGTERM(t *testing.T) {
	code, out := exampletest.Stop(t, "Ctrl-C stops everything.", "-listen", "127.0.0.1:0", "-api", "127.0.0.1:0")
	if code != 0 || !strings.Contains(out, "Stopping. What waits is delivered first.") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}
