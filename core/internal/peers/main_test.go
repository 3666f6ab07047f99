package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain lets the test binary be the child that a run starts.
func TestMain(m *testing.M) {
	if ran, err := child(os.Args[1:]); ran {
		exit(err)
	}
	// The race detector has each process wait a second at its end for more races.
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	os.Exit(m.Run())
}

// A run of every section but size, which needs other modules. It fails by
// itself if a driver's claim is not what the sink saw.
func TestRun(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "peers.svg")
	var only []string
	for _, name := range sectionNames() {
		if name != "size" {
			only = append(only, name)
		}
	}
	var report bytes.Buffer
	opts := options{quick: true, reps: 1, only: strings.Join(only, ","), svg: svg, pin: true, command: "go test <&>"}
	if err := run(t.Context(), opts, &report); err != nil {
		t.Fatal(err)
	}
	checkMarkdown(t, report.String())
	drawn, err := os.ReadFile(svg)
	if err != nil {
		t.Fatal(err)
	}
	checkDrawing(t, drawn)
}

func checkMarkdown(t *testing.T, report string) {
	t.Helper()
	if !strings.Contains(report, "`go test <&>`") {
		t.Error("the report does not name its command")
	}
	for _, wrong := range []string{"NaN", "Inf", "%!"} {
		if strings.Contains(report, wrong) {
			t.Errorf("the report has %s:\n%s", wrong, report)
		}
	}
	sections := strings.Split(report, "\n### ")[1:]
	if len(sections) < len(sectionNames())-1 {
		t.Errorf("%d tables for %d sections", len(sections), len(sectionNames())-1)
	}
	for _, text := range sections {
		title, _, _ := strings.Cut(text, "\n")
		var rows [][]string
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "|") {
				rows = append(rows, strings.Split(line, "|"))
			}
		}
		if len(rows) < 3 {
			t.Errorf("%s: a table without rows", title)
		}
		for _, row := range rows {
			if len(row) != len(rows[0]) {
				t.Errorf("%s: row %q has not as many cells as the head", title, row)
			}
		}
	}
	for _, driver := range []string{tcp, lean, everyday, bbMemory, bbDisk, segment, posthog} {
		if !strings.Contains(sections[0], "| "+driver+" |") {
			t.Errorf("the first table has no row for %s", driver)
		}
	}
}

func checkDrawing(t *testing.T, drawn []byte) {
	t.Helper()
	var bars int
	var texts []string
	decoder := xml.NewDecoder(bytes.NewReader(drawn))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the drawing is not XML: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "rect" && slices.ContainsFunc(token.Attr, func(a xml.Attr) bool {
				return a.Name.Local == "class" && strings.HasPrefix(a.Value, "bar")
			}) {
				bars++
			}
		case xml.CharData:
			texts = append(texts, string(token))
		}
	}
	if labels := strings.Count(string(drawn), `class="label"`); bars == 0 || bars != labels {
		t.Errorf("%d bars and %d labels", bars, labels)
	}
	if !slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, "go test <&>") }) {
		t.Error("the drawing does not name its command")
	}
}

func TestUnknownSection(t *testing.T) {
	err := run(t.Context(), options{reps: 1, only: "speed"}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "delivery") {
		t.Errorf("got %v, want an error that lists the sections", err)
	}
}

func TestClaimBeyondWhatTheSinkSaw(t *testing.T) {
	lie := measured[cost]{Result: cost{Events: 2}, Seen: seen{Requests: 1}}
	if honest(job{Driver: bbMemory}, lie) == nil {
		t.Error("a false claim passed")
	}
}

// The machine may be twice as slow in one repetition: ratios must not show it.
func TestRatioIsTakenInsideRepetitions(t *testing.T) {
	same := func(v float64) float64 { return v }
	if got := ratio([]float64{2, 4, 8}, []float64{1, 2, 4}, same); got != "2.00 (2.00–2.00)" {
		t.Errorf("got %s", got)
	}
}
