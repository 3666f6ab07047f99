// Package repotest holds the rules of this repository that a test can check:
// which way imports point, what importers inherit, and that the pages are true:
// their Go code compiles, the names in them exist, their links lead somewhere.
package repotest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	module = "github.com/silverbranch/bb-telegram-analytics-go"
	root   = "../.."
)

// goCommand runs the go command in a folder and returns what it prints. It needs
// no network for modules that were loaded before.
func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	return goCommandWith(t, dir, nil, args...)
}

// goCommandWith adds variables.
func goCommandWith(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOWORK=off"), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s%s", strings.Join(args, " "), err, out, &stderr)
	}
	return string(out)
}

// listed is what the go command says of a package.
type listed struct {
	ImportPath, Name, Export string
	Imports, Deps, GoFiles   []string
}

// goList asks the go command about packages of this module and what they import.
func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	var found []listed
	out := goCommand(t, root, append([]string{"list", "-json=ImportPath,Name,Export,Imports,Deps,GoFiles"}, args...)...)
	for decoder := json.NewDecoder(strings.NewReader(out)); decoder.More(); {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		found = append(found, p)
	}
	return found
}

// newModule returns the folder of a new module that requires this one as it is
// here, with the same versions of everything else, so that it needs no network.
func newModule(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	mod := strings.Replace(read(t, "go.mod"), "module "+module, "module mybot", 1)
	mod += fmt.Sprintf("\nrequire %s v0.0.0\nreplace %s => %q\n", module, module, here)
	write(t, filepath.Join(dir, "go.mod"), mod)
	write(t, filepath.Join(dir, "go.sum"), read(t, "go.sum"))
	for name, text := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
	return dir
}

// read returns a file of this repository.
func read(t *testing.T, path string) string {
	t.Helper()
	return readFile(t, filepath.Join(root, filepath.FromSlash(path)))
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
