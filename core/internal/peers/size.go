package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const libraryModule = "github.com/silverbranch/bb-telegram-analytics-go"

// buildTime bounds one build, which may have to load modules.
const buildTime = 3 * time.Minute

// measureSize builds programs of an importer and compares their sizes. Builds
// are the same each time, so there is nothing to repeat.
func measureSize(b *bench) ([]table, error) {
	dir, err := importer(b)
	if err != nil {
		return nil, err
	}
	size := make(map[string]int64)
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		fmt.Fprintf(os.Stderr, "%s: build %s\n", b.section, name)
		if size[name], err = build(b, dir, name); err != nil {
			return nil, err
		}
	}
	t := table{
		title: "What it adds to a binary",
		note:  "`go build -trimpath -ldflags='-s -w'`; the bots answer one command and send one event.",
		head:  []string{"program", "MB", "more than", "by MB"},
		bars:  chart{title: "Size of an importer's binary", unit: "MB"},
	}
	mb := func(bytes int64) float64 { return float64(bytes) / 1e6 }
	for _, p := range comparisons {
		cells := []string{p.label, number(mb(size[p.name])), "", ""}
		if p.base != "" {
			cells[2] = labelOf(p.base)
			cells[3] = number(mb(size[p.name] - size[p.base]))
		}
		t.row(cells...)
		t.bars.add(bar{p.label, p.ours, mb(size[p.name]), number(mb(size[p.name])) + " MB"})
	}
	return []table{t}, nil
}

// comparisons are the rows: a program, and the one that it is set against.
var comparisons = []struct {
	name, label, base string
	ours              bool
}{
	{"empty", "an empty main", "", false},
	{"nethttp", "net/http: one Get", "empty", false},
	{"core", "core: one event", "nethttp", true},
	{"disk", "core and core/disk", "core", true},
	{"telebot", "a bot on telebot.v3", "", false},
	{"telebot_bb", "the same bot with bb", "telebot", true},
	{"tgbotapi", "a bot on telegram-bot-api v5", "", false},
	{"tgbotapi_bb", "the same bot with bb", "tgbotapi", true},
	{"gotelegram", "a bot on go-telegram/bot", "", false},
	{"gotelegram_bb", "the same bot with bb", "gotelegram", true},
}

func labelOf(name string) string {
	for _, p := range comparisons {
		if p.name == name {
			return p.label
		}
	}
	return name
}

// importer makes a module with all programs that requires this one, with the
// versions that this one has.
func importer(b *bench) (string, error) {
	root, err := moduleDir(b)
	if err != nil {
		return "", err
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return "", err
	}
	dir := filepath.Join(b.dir, "importer")
	files := map[string]string{
		"go.sum": string(sums),
		"go.mod": fmt.Sprintf("module importer\n\ngo 1.25.0\n\nrequire %[1]s v0.0.0\n\nreplace %[1]s v0.0.0 => %[2]q\n", libraryModule, root),
	}
	for name, source := range programs {
		files[filepath.Join(name, "main.go")] = source
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}

func moduleDir(b *bench) (string, error) {
	cmd := exec.CommandContext(b.ctx, "go", "list", "-m", "-f", "{{.Dir}}", libraryModule)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("where is %s? %w; run this in core/internal/peers", libraryModule, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// build returns the size of a program's binary.
func build(b *bench, dir, name string) (int64, error) {
	ctx, cancel := context.WithTimeout(b.ctx, buildTime)
	defer cancel()
	binary := filepath.Join(dir, name+".exe")
	cmd := exec.CommandContext(ctx, "go", "build", "-mod=mod", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", binary, "./"+name)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("build %s: %w\n%s", name, err, said.String())
	}
	info, err := os.Stat(binary)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
