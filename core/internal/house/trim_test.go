package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imported are the packages that users import.
var imported = []struct {
	path    string
	modules []string // that it compiles in
	sums    []string // modules in the go.sum of who imports nothing else; nil: unchecked
}{
	{"core", []string{"github.com/google/uuid"}, []string{"github.com/google/uuid"}},
	{"core/bbtest", []string{"github.com/google/uuid"}, []string{"github.com/google/uuid"}},
	{"core/disk", nil, []string{"github.com/google/uuid"}},
	{"core/redis", []string{
		"github.com/cespare/xxhash/v2", "github.com/dgryski/go-rendezvous", "github.com/redis/go-redis/v9",
	}, []string{
		"github.com/bsm/ginkgo/v2", "github.com/bsm/gomega",
		"github.com/cespare/xxhash/v2", "github.com/dgryski/go-rendezvous", "github.com/google/uuid", "github.com/redis/go-redis/v9",
	}},
	{"telebot", []string{"github.com/google/uuid", "gopkg.in/telebot.v3"}, nil},
	{"tgbotapi", []string{"github.com/go-telegram-bot-api/telegram-bot-api/v5", "github.com/google/uuid"}, nil},
	{"gotelegram", []string{"github.com/go-telegram/bot", "github.com/google/uuid"}, nil},
}

// Whoever imports one package compiles nothing that only another needs.
func TestImportersCompileWhatTheyNeed(t *testing.T) {
	for _, p := range imported {
		var got []string
		for _, line := range strings.Fields(goCommand(t, root, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./"+p.path)) {
			if line != module && !slices.Contains(got, line) {
				got = append(got, line)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, p.modules) {
			t.Errorf("an importer of %s compiles %v, want %v", p.path, got, p.modules)
		}
	}
}

// Nor does its go.sum name them. What the three bot libraries bring along is
// theirs, but Redis is in none of it.
func TestImportersGoSum(t *testing.T) {
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	known, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range imported {
		t.Run(p.path, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "go.mod", "module importer\n\ngo 1.25.0\n\nrequire "+module+" v0.0.0\n\nreplace "+module+" => "+here+"\n")
			write(t, dir, "go.sum", string(known)) // tidy leaves what is needed
			write(t, dir, "main.go", "package main\n\nimport _ \""+module+"/"+p.path+"\"\n\nfunc main() {}\n")
			goCommand(t, dir, "mod", "tidy")
			text, err := os.ReadFile(filepath.Join(dir, "go.sum"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			for _, line := range lines {
				if name, _, _ := strings.Cut(line, " "); !slices.Contains(got, name) {
					got = append(got, name)
				}
			}
			slices.Sort(got)
			t.Logf("%d lines: %v", len(lines), got)
			if p.sums != nil && !slices.Equal(got, p.sums) {
				t.Errorf("the go.sum of an importer names %v, want %v", got, p.sums)
			}
			if p.path != "core/redis" && strings.Contains(string(text), "redis") {
				t.Error("the go.sum of an importer names Redis")
			}
		})
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// goCommand needs no network for modules that were loaded before.
func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}
