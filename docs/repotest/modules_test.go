package repotest

import (
	"fmt"
	"testing"
)

// The tests that docs/testing.md shows pass, in a module that requires this one.
// So do the modules that other pages describe file by file.
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
				dir := newModule(t, files)
				if !testing.Short() { // vet analyses every dependency first
					goCommand(t, dir, "vet", "./...")
				}
				goCommand(t, dir, "test", "./...")
			})
		}
	}
}
