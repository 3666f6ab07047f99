package repotest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestArrowsPointOneWay(t *testing.T) {
	for _, p := range goList(t, "./...") {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, path := range p.Imports {
			to, ours := strings.CutPrefix(path, module+"/")
			if ours && to != from && !strings.HasPrefix(to, "core") && !strings.HasPrefix(from, "examples/") {
				t.Errorf("%s imports %s: only examples may import anything but core", p.ImportPath, path)
			}
		}
	}
}

// Importers of core get the standard library and google/uuid.
func TestCoreIsSmall(t *testing.T) {
	core := goList(t, "./core")[0]
	for _, path := range core.Deps {
		ours := strings.HasPrefix(path, module+"/core/internal/")
		standard := !strings.Contains(strings.Split(path, "/")[0], ".")
		if !ours && !standard && path != "github.com/google/uuid" {
			t.Errorf("core imports %s", path)
		}
	}
	if slices.Contains(core.Deps, "testing") {
		t.Error("core imports testing")
	}
}

// imported are the packages that users import.
var imported = []struct {
	path    string
	modules []string // compiled in
	sums    []string // in the go.sum of an importer of nothing else; nil: unchecked
}{
	{"core", []string{"github.com/google/uuid"}, []string{"github.com/google/uuid"}},
	{"core/bbtest", []string{"github.com/google/uuid"}, []string{"github.com/google/uuid"}},
	{"core/http", []string{"github.com/google/uuid"}, []string{"github.com/google/uuid"}},
	{"core/disk", []string{"github.com/google/uuid"}, []string{"github.com/google/uuid"}},
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

// Importers of one package compile nothing that only another needs.
func TestImportersCompileWhatTheyNeed(t *testing.T) {
	for _, p := range imported {
		out := goCommand(t, root, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./"+p.path)
		got := slices.DeleteFunc(unique(strings.Fields(out)), func(path string) bool { return path == module })
		if !slices.Equal(got, p.modules) {
			t.Errorf("an importer of %s compiles %v, want %v", p.path, got, p.modules)
		}
	}
}

// Nor does their go.sum name it. What the three bot libraries bring along is
// theirs, but Redis is in none of it.
func TestImportersGoSum(t *testing.T) {
	for _, p := range imported {
		t.Run(p.path, func(t *testing.T) {
			dir := newModule(t, map[string]string{"main.go": "package main\n\nimport _ \"" + module + "/" + p.path + "\"\n\nfunc main() {}\n"})
			goCommand(t, dir, "mod", "tidy") // leaves in go.sum what is needed
			var got []string
			for line := range strings.Lines(readFile(t, filepath.Join(dir, "go.sum"))) {
				name, _, _ := strings.Cut(line, " ")
				got = append(got, name)
			}
			t.Logf("%d lines", len(got))
			got = unique(got)
			if p.sums != nil && !slices.Equal(got, p.sums) {
				t.Errorf("the go.sum of an importer names %v, want %v", got, p.sums)
			}
			if p.path != "core/redis" && slices.ContainsFunc(got, func(name string) bool { return strings.Contains(name, "redis") }) {
				t.Error("the go.sum of an importer names Redis")
			}
		})
	}
}

func unique(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
