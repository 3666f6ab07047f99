// Package house holds the rules of this repository that a test can check.
package house

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module = "github.com/silverbranch/bb-telegram-analytics-go"
	root   = "../../.."
)

type listed struct {
	ImportPath string
	Dir        string
	Doc        string
	Standard   bool
	Imports    []string
	Deps       []string
	GoFiles    []string
}

// list asks the go command about packages of this module.
func list(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json"}, args...)...)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	return packages
}

func TestArrowsPointOneWay(t *testing.T) {
	for _, p := range list(t, "./...") {
		from, _, _ := strings.Cut(strings.TrimPrefix(p.ImportPath, module+"/"), "/")
		for _, path := range p.Imports {
			to, ours := strings.CutPrefix(path, module+"/")
			if !ours || from == "examples" {
				continue
			}
			if !strings.HasPrefix(to, "core") && to != strings.TrimPrefix(p.ImportPath, module+"/") {
				t.Errorf("%s imports %s: only examples may import anything but core", p.ImportPath, path)
			}
		}
	}
}

// Whoever imports core gets the standard library and google/uuid.
func TestCoreIsSmall(t *testing.T) {
	core := list(t, "./core")[0]
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

func TestEveryPackageIsDocumentedOnce(t *testing.T) {
	for _, p := range list(t, "./...") {
		comments := 0
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			before, _, _ := strings.Cut("\n"+string(text), "\npackage ")
			if lines := strings.Split(before, "\n"); strings.HasPrefix(lines[len(lines)-1], "//") {
				comments++
			}
		}
		if comments != 1 && len(p.GoFiles) > 0 {
			t.Errorf("%s has %d package comments, want 1", p.ImportPath, comments)
		}
	}
}

func TestTopLevelFolders(t *testing.T) {
	want := []string{"core", "docs", "examples", "gotelegram", "telebot", "tgbotapi"}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() && !strings.HasPrefix(name, ".") && !slices.Contains(want, name) {
			t.Errorf("there is a top-level folder %s", name)
		}
	}
}

func TestModuleHasNoReplace(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "\nreplace ") {
		t.Error("go.mod has a replace, which importers do not get")
	}
}

func TestSourceFilesStaySmall(t *testing.T) {
	const most = 300
	for _, p := range list(t, "./...") {
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), "\n"); n > most {
				t.Errorf("%s/%s has %d lines, more than %d", p.ImportPath, file, n, most)
			}
		}
	}
}
