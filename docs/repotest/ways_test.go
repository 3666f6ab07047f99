package repotest

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	inTicks = regexp.MustCompile("`([^`]+)`")
	goFile  = regexp.MustCompile(`^[\w./-]+\.go$`)
)

// The ways in docs/architecture.md, tables of step, file and function, lead through
// functions that are where they say. A file without a folder may be in any.
func TestWaysExist(t *testing.T) {
	files := sourceFiles(t)
	ways := 0
	for n, line := range strings.Split(read(t, "docs/architecture.md"), "\n") {
		cells := strings.Split(line, "|")
		if line == "| step | file | function |" {
			ways++
		}
		if len(cells) != 5 || !strings.HasPrefix(strings.TrimSpace(cells[3]), "`") {
			continue
		}
		text := ""
		for _, name := range ticked(cells[2]) {
			if !goFile.MatchString(name) {
				continue // a folder, or words
			}
			found := false
			for file, content := range files {
				if file == name || path.Dir(name) == "." && path.Base(file) == name {
					text, found = text+content, true
				}
			}
			if !found {
				t.Errorf("docs/architecture.md:%d: there is no %s", n+1, name)
			}
		}
		for _, name := range ticked(cells[3]) {
			name = name[strings.LastIndex(name, ".")+1:]
			if !regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + name + `\b`).MatchString(text) {
				t.Errorf("docs/architecture.md:%d: no function %s in %s", n+1, name, strings.TrimSpace(cells[2]))
			}
		}
	}
	if ways < 4 {
		t.Errorf("docs/architecture.md has %d ways; those of an update, of an event, on disk and in Redis were there", ways)
	}
}

func ticked(cell string) (names []string) {
	for _, m := range inTicks.FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	return names
}

// sourceFiles returns the Go files of the product, by their paths from the root.
func sourceFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, start := range []string{"core", "telebot", "tgbotapi", "gotelegram"} {
		err := filepath.WalkDir(filepath.Join(root, start), func(name string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			rel, _ := filepath.Rel(root, name)
			files[filepath.ToSlash(rel)] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}
