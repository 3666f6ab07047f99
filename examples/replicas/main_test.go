package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/exampletest"
)

func TestDemonstration(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for a lease to end: a long form, which make check runs")
	}
	exampletest.RequireRedis(t)
	var out, errs bytes.Buffer
	if code := run(t.Context(), nil, &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s\n%s", code, errs.String(), out.String())
	}
	for _, want := range []string{"order_shipped counted", "order_returned counted", "counted once"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
}

func TestNoSuchRedis(t *testing.T) {
	for _, url := range []string{"redis://127.0.0.1:1/0", "nonsense"} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), []string{"-redis", url}, &out, &errs); code != 1 || errs.Len() == 0 {
			t.Errorf("-redis %s: exit code %d, %q; want 1 and a reason", url, code, errs.String())
		}
	}
}
