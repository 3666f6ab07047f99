package bbtelego_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const page = "../../docs/adapters.md"

// The page shows code of this module and no other, so that what a reader
// copies was compiled and tested.
func TestPageShowsThisCode(t *testing.T) {
	var code string
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "go.mod") {
		code += read(t, file)
	}
	blocks := 0
	for i, part := range strings.Split(read(t, page), "\n```") {
		block, shown := strings.CutPrefix(part, "go\n")
		if i%2 == 0 || !shown {
			continue
		}
		blocks++
		if !strings.Contains(code, "\n"+block+"\n") {
			t.Errorf("%s shows code that is not in this folder:\n%s", page, block)
		}
	}
	if blocks == 0 {
		t.Errorf("%s shows no code", page)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
