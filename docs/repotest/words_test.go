package repotest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unwanted are words for which this repository has others, and why.
var unwanted = []struct{ word, instead string }{
	{`told`, "say what happened: received, reported, asked"},
	{`whoever`, "name who: the caller, each sender"},
	{`mend(s|ed|ing)?`, "fix"},
	{`shall`, "must, should or will"},
	{`moody`, "flaky"},
	{`come by themselves`, "are sent automatically"},
	{`the last some`, "the last few"},
	{`have(n't| not)? [\w.]+ called`, "who calls it: X calls Y"},
}

// One language in all comments and pages: words that a reader who learned English
// from the documentation of Go knows.
func TestWords(t *testing.T) {
	for _, w := range unwanted {
		pattern := regexp.MustCompile(`(?i)\b` + w.word + `\b`)
		for place, text := range prose(t) {
			if found := pattern.FindString(text); found != "" {
				t.Errorf("%s: %q: %s", place, found, w.instead)
			}
		}
	}
}

// prose is what people read: the pages in English, and the comments of all Go files.
func prose(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, p := range pages(t, ".") {
		if !strings.HasPrefix(p.path, russian) {
			all[p.path] = p.prose
		}
	}
	err := filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" || filepath.Base(name) == "words_test.go" {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, group := range file.Comments {
			place := fset.Position(group.Pos())
			rel, _ := filepath.Rel(root, place.Filename)
			place.Filename = filepath.ToSlash(rel)
			all[place.String()] = group.Text()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
