package main

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
)

// secret is the key of most tests; no output may hold it.
const secret = "k3y-of-the-integration"

// childVariable makes this test binary be the doctor.
const childVariable = "DOCTOR_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
	}
	_ = os.Unsetenv(bbdisk.EnvDir)
	_ = os.Unsetenv("KUBERNETES_SERVICE_HOST")
	for _, name := range strangers() {
		_ = os.Unsetenv(name)
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"} {
		_ = os.Unsetenv(name)
		_ = os.Unsetenv(strings.ToLower(name))
	}
	os.Exit(m.Run())
}

// reading is an output, read.
type reading struct {
	code  int
	text  string            // on one line
	steps map[string]string // by name: status, text and remedy
}

// entry is the first line of a step.
var entry = regexp.MustCompile(`^(ok|warning|problem|not checked) +(folder|Redis|enabled|key|URL|proxy|DNS|TCP|TLS|path, key|latency|send)  +(.*)$`)

func read(code int, output string) reading {
	r := reading{code, strings.Join(strings.Fields(output), " "), make(map[string]string)}
	step := ""
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\n")
		if m := entry.FindStringSubmatch(line); m != nil {
			step = m[2]
			r.steps[step] = m[1] + ": " + m[3]
		} else if more, found := strings.CutPrefix(line, strings.Repeat(" ", 24)); found {
			r.steps[step] += " " + more
		}
	}
	return r
}

// want fails unless a step has this status, and its text these parts.
func (r reading) want(t *testing.T, step, status string, parts ...string) {
	t.Helper()
	if !strings.HasPrefix(r.steps[step], status+": ") {
		t.Errorf("%s is %q, want %s\nall: %s", step, r.steps[step], status, r.text)
	}
	r.says(t, step, parts...)
}

// says fails unless the text of a step has these parts, whatever its status.
func (r reading) says(t *testing.T, step string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.steps[step], part) {
			t.Errorf("%s is %q, want it to say %q", step, r.steps[step], part)
		}
	}
}

func (r reading) wantCode(t *testing.T, code int) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d\nall: %s", r.code, code, r.text)
	}
}

// setenv sets the three variables, and removes those that are nil.
func setenv(t *testing.T, enabled, base, key *string) {
	t.Helper()
	for name, value := range map[string]*string{bb.EnvEnabled: enabled, bb.EnvBaseURL: base, bb.EnvIntegrationKey: key} {
		if value != nil {
			t.Setenv(name, *value)
			continue
		}
		t.Setenv(name, "") // so that the test restores it
		_ = os.Unsetenv(name)
	}
}

// point sets the three variables for an API that is at base.
func point(t *testing.T, base string) {
	t.Helper()
	enabled, key := "true", secret
	setenv(t, &enabled, &base, &key)
}

func examine(t *testing.T, args ...string) reading {
	t.Helper()
	return examineUntil(t.Context(), t, args...)
}

func examineUntil(ctx context.Context, t *testing.T, args ...string) reading {
	t.Helper()
	var out, errors strings.Builder
	code := run(ctx, args, &out, &errors)
	t.Logf("\n%s", &out) // to be read with -v
	if errors.Len() > 0 {
		t.Errorf("on stderr: %s", &errors)
	}
	if strings.Contains(out.String(), secret) {
		t.Errorf("the key shows:\n%s", &out)
	}
	return read(code, out.String())
}

func TestAllIsWell(t *testing.T) {
	api := bbtest.NewServer(t)
	api.Setenv()
	r := examine(t)
	r.wantCode(t, 0)
	for _, name := range []string{"enabled", "key", "URL", "proxy", "DNS", "TCP", "TLS", "path, key"} {
		r.want(t, name, "ok")
	}
	if !strings.Contains(r.text, "All is well.") || !strings.Contains(r.text, "https://github.com/") {
		t.Errorf("it ends with %s", r.text)
	}
	r.want(t, "key", "ok", "20 characters")
	if !strings.Contains(r.steps["latency"], "best ") {
		t.Errorf("latency: %q", r.steps["latency"])
	}
	if strings.Contains(r.text, api.Key) {
		t.Errorf("the key shows: %s", r.text)
	}
	if events := api.Events(); len(events) != 0 {
		t.Errorf("events were created: %v", events)
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-h"}, 0, "dashboard"},
		{[]string{"-sent"}, 2, "-sent"},
		{[]string{"send"}, 2, `"send" is no flag`},
		{[]string{"-timeout", "0s"}, 2, "between"},
		{[]string{"-timeout", "1h"}, 2, "between"},
	} {
		var out, errors strings.Builder
		if code := run(t.Context(), c.args, &out, &errors); code != c.code || !strings.Contains(errors.String(), c.says) || out.Len() > 0 {
			t.Errorf("%v: exit code %d, want %d; stderr %q, want %q; stdout %q", c.args, code, c.code, &errors, c.says, &out)
		}
	}
}
