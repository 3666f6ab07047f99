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

// docs/llms.txt is the index that programs read: by whole addresses it names every
// page in English, and no other.
func TestIndexForPrograms(t *testing.T) {
	const base = "https://raw.githubusercontent.com/silverbranch/bb-telegram-analytics-go/main/"
	index, listed := read(t, "docs/llms.txt"), map[string]bool{}
	for _, m := range link.FindAllStringSubmatch(index, -1) {
		file, ours := strings.CutPrefix(m[1], base)
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(file))); !ours || err != nil {
			t.Errorf("docs/llms.txt: the link to %s leads nowhere", m[1])
		}
		listed[file] = true
	}
	for _, p := range pages(t, "docs") {
		if !listed[p.path] && !strings.HasPrefix(p.path, russian) {
			t.Errorf("docs/llms.txt does not list %s: add its line, with %s before it", p.path, base)
		}
	}
}

// A skill is found by its front matter: a name like that of its folder, and when
// to use it, on one line.
func TestSkill(t *testing.T) {
	front := regexp.MustCompile(`\A---\nname: ([a-z0-9-]+)\ndescription: (.+)\n---\n\n# `)
	m := front.FindStringSubmatch(read(t, "docs/prompts/SKILL.md"))
	if m == nil || m[1] != path.Base(module) || len(m[2]) > 1024 || !strings.Contains(m[2], "Use when") || strings.Contains(m[2], ": ") {
		t.Errorf("docs/prompts/SKILL.md begins with %q", m)
	}
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
