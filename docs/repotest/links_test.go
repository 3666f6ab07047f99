package repotest

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var (
	code    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading = regexp.MustCompile(`^#{1,6} +(.*)`)
)

func TestLinksLeadSomewhere(t *testing.T) {
	for _, p := range pages(t, ".") {
		for n, line := range strings.Split(code.ReplaceAllString(p.prose, ""), "\n") {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if strings.Contains(m[1], "://") {
					continue
				}
				if why := broken(p, m[1]); why != "" {
					t.Errorf("%s:%d: the link to %s leads nowhere: %s", p.path, n+1, m[1], why)
				}
			}
		}
	}
}

func broken(p page, to string) string {
	file, anchor, _ := strings.Cut(to, "#")
	target := p.path
	if file != "" {
		target = path.Join(path.Dir(p.path), file)
	}
	if strings.HasPrefix(target, "..") {
		return "it is outside of the repository"
	}
	name := filepath.Join(root, filepath.FromSlash(target))
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return "there is no " + target
	case anchor == "":
		return ""
	case info.IsDir() || path.Ext(target) != ".md":
		return "only pages have headings"
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	if !slices.Contains(anchors(parse(target, string(text))), anchor) {
		return target + " has no such heading"
	}
	return ""
}

// anchors are the names that GitHub gives to the headings of a page.
func anchors(p page) []string {
	var all []string
	seen := map[string]int{}
	for line := range strings.Lines(p.prose) {
		m := heading.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(m[1]))
		if n := seen[name]; n > 0 {
			all = append(all, name+"-"+strconv.Itoa(n))
		} else {
			all = append(all, name)
		}
		seen[name]++
	}
	return all
}

// The index of each folder names every page in it.
func TestIndexIsComplete(t *testing.T) {
	for _, folder := range []string{"docs", "docs/prompts", russian} {
		index := pages(t, folder+"/README.md")[0]
		files, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(folder)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if path.Ext(file.Name()) == ".md" && file.Name() != "README.md" && !strings.Contains(index.text, "]("+file.Name()+")") {
				t.Errorf("%s does not link to %s", index.path, file.Name())
			}
		}
	}
}
