package docstest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The tests that docs/testing.md tells to write pass, in a module that requires
// this one. So do the modules that other pages describe file by file.
func TestModulesPass(t *testing.T) {
	for _, p := range manual(t) {
		files := map[string]string{}
		for _, b := range p.blocks {
			switch {
			case b.file != "":
				files[b.file] = b.code
			case p.path == "docs/testing.md" && b.lang == "go" && b.isFile():
				files[fmt.Sprintf("line%d/bot_test.go", b.line)] = b.code
			}
		}
		if len(files) > 0 {
			t.Run(p.path, func(t *testing.T) {
				t.Parallel() // the go command waits more than it works
				testModule(t, files)
			})
		}
	}
}

func testModule(t *testing.T, files map[string]string) {
	dir := newModule(t)
	for name, code := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), []byte(code))
	}
	for _, verb := range []string{"vet", "test"} {
		cmd := exec.Command("go", verb, "./...")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", verb, err, out)
		}
	}
}

// newModule returns the folder of a module that requires this one as it is
// here, with the same versions of everything else, so that it needs no network.
func newModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	mod := bytes.Replace(read(t, "go.mod"), []byte("module "+module), []byte("module mybot"), 1)
	mod = fmt.Appendf(mod, "\nrequire %s v0.0.0\nreplace %s => %q\n", module, module, here)
	write(t, filepath.Join(dir, "go.mod"), mod)
	write(t, filepath.Join(dir, "go.sum"), read(t, "go.sum"))
	return dir
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
