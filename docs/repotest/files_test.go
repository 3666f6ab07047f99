package repotest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	filePath = regexp.MustCompile("`((?:core|docs|examples|gotelegram|telebot|tgbotapi)/[\\w./-]+)`")
	testName = regexp.MustCompile(`\bTest[A-Z]\w*`)
	testFunc = regexp.MustCompile(`(?m)^func (Test[A-Z]\w*)\(`)
)

// Files and tests that a page refers to exist, so that nobody looks for them in
// vain after a change.
func TestFilesAndTestsExist(t *testing.T) {
	tests := testsOfRepository(t)
	for _, p := range manual(t) {
		for n, line := range strings.Split(p.prose, "\n") {
			for _, m := range filePath.FindAllStringSubmatch(line, -1) {
				if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(m[1]))); err != nil {
					t.Errorf("%s:%d: there is no %s", p.path, n+1, m[1])
				}
			}
			for _, name := range testName.FindAllString(line, -1) {
				if !tests[name] {
					t.Errorf("%s:%d: there is no %s", p.path, n+1, name)
				}
			}
		}
	}
}

func testsOfRepository(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
