package repotest

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const russian = "docs/ru"

var hashComment = regexp.MustCompile(`(?m)[ \t]+# .*$`)

// original returns the path of the English page of a translation.
func original(translation string) string {
	if base := path.Base(translation); base != "README.md" {
		return "docs/" + base
	}
	return "README.md"
}

// A translation has the blocks of its original: only their comments are in
// another language.
func TestTranslationsHaveTheSameCode(t *testing.T) {
	for _, p := range pages(t, russian) {
		english := pages(t, original(p.path))[0]
		if len(p.blocks) != len(english.blocks) {
			t.Errorf("%s has %d blocks of code, %s has %d", p.path, len(p.blocks), english.path, len(english.blocks))
			continue
		}
		for i, b := range p.blocks {
			want := english.blocks[i]
			if b.lang != want.lang || withoutComments(b) != withoutComments(want) {
				t.Errorf("%s:%d: this is not the code of %s:%d: copy it, and translate its comments only",
					p.path, b.line, want.page, want.line)
			}
		}
	}
}

func withoutComments(b block) string {
	if b.lang != "go" {
		return hashComment.ReplaceAllString(b.code, "")
	}
	var code strings.Builder
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile(b.page, -1, len(b.code)), []byte(b.code), nil, 0)
	for {
		_, tok, literal := s.Scan()
		if tok == token.EOF {
			return code.String()
		}
		code.WriteString(tok.String() + " " + literal + "\n")
	}
}

// section is what stands between two headings of a page, without blocks.
type section struct {
	line  int // of its heading
	level int
	text  string
}

func sections(p page) []section {
	all := []section{{line: 1}}
	for n, line := range strings.Split(p.prose, "\n") {
		if heading.MatchString(line) {
			all = append(all, section{line: n + 1, level: len(line) - len(strings.TrimLeft(line, "#"))})
		}
		all[len(all)-1].text += line + "\n"
	}
	return all
}

var (
	hidden    = regexp.MustCompile(`<!--.*?-->|\]\([^()\s]+\)`) // comments and what links lead to
	figure    = regexp.MustCompile(`\d+(?:[ \x{a0}\x{202f}]\d{3}\b)*(?:[.,]\d+)*`)
	thousands = regexp.MustCompile(`[ \x{a0}\x{202f}]|,(\d{3})\b`)
	row       = regexp.MustCompile(`(?m)^\|`)
	item      = regexp.MustCompile(`(?m)^ *(?:-|\d+\.) `)
)

// names are what a section shows as code: names, log lines, values.
func names(text string) []string { return code.FindAllString(text, -1) }

// figures are the numbers of a section, written alike: 10 000, 2.8.
func figures(text string) (found []string) {
	text = hidden.ReplaceAllString(code.ReplaceAllString(item.ReplaceAllString(text, ""), ""), "]")
	for _, n := range figure.FindAllString(text, -1) {
		found = append(found, strings.ReplaceAll(thousands.ReplaceAllString(n, "$1"), ",", "."))
	}
	return found
}

var translated = flag.Bool("translated", false, "write into "+russian+" that its sections say what the originals say now")

// stamp is the line below the heading of a translated section: it names the text that
// was translated, but for its line breaks, blocks and link targets.
func stamp(original section) string {
	words := strings.Join(strings.Fields(hidden.ReplaceAllString(original.text, "]")), " ")
	sum := sha256.Sum256([]byte(words))
	return fmt.Sprintf("<!-- of: %x -->", sum[:4])
}

// A translation has the sections of its original, and in each the same names,
// figures and numbers of rows and items. Its stamps tell when the original has
// changed in another way.
func TestTranslationsSayTheSame(t *testing.T) {
	for _, p := range pages(t, russian) {
		english := pages(t, original(p.path))[0]
		here, there := sections(p), sections(english)
		if len(here) != len(there) {
			t.Errorf("%s has %d headings, %s has %d", p.path, len(here)-1, english.path, len(there)-1)
			continue
		}
		lines := strings.Split(p.text, "\n")
		for i := len(here) - 1; i > 0; i-- { // from the end, so that the numbers of lines hold
			if here[i].level != there[i].level {
				t.Errorf("%s has a heading of level %d where %s has one of level %d", at(p, here[i]), here[i].level, at(english, there[i]), there[i].level)
				break
			}
			compare(t, at(english, there[i]), at(p, here[i]), there[i].text, here[i].text)
			compare(t, at(p, here[i]), at(english, there[i]), here[i].text, there[i].text)

			below, want := here[i].line, stamp(there[i])
			switch {
			case lines[below] == want:
			case !*translated:
				t.Errorf("%s has changed since it was translated: see that %s says the same, then run go test ./docs/repotest -run Translations -translated",
					at(english, there[i]), at(p, here[i]))
			case strings.HasPrefix(lines[below], "<!-- of: ") || i == 1: // the title's takes the place of an empty line
				lines[below] = want
			default:
				lines = slices.Insert(lines, below, want)
			}
		}
		if *translated && !t.Failed() {
			write(t, filepath.Join(root, filepath.FromSlash(p.path)), strings.Join(lines, "\n"))
		}
	}
}

func at(p page, s section) string { return fmt.Sprintf("%s:%d", p.path, s.line) }

// compare reports what a section has and its counterpart lacks.
func compare(t *testing.T, here, there, text, other string) {
	t.Helper()
	told := map[string]bool{}
	report := func(name string, known bool) {
		if !known && !told[name] {
			t.Errorf("%s has %s, %s has not", here, name, there)
		}
		told[name] = true
	}
	for _, name := range names(text) {
		report(name, strings.Contains(other, strings.Trim(name, "`"))) // activity is a word in one of them
	}
	known := figures(other)
	for _, n := range figures(text) {
		report(n, slices.Contains(known, n))
	}
	for _, part := range []*regexp.Regexp{row, item} {
		if n, m := len(part.FindAllString(text, -1)), len(part.FindAllString(other, -1)); n > m {
			t.Errorf("%s has %d rows or items of a list, %s has %d", here, n, there, m)
		}
	}
}

// Links of a translation lead where those of the original lead, in its language.
func TestTranslationsLinkToTheSame(t *testing.T) {
	for _, p := range pages(t, russian) {
		english := pages(t, original(p.path))[0]
		here, there := targets(t, p), targets(t, english)
		for _, to := range there {
			if !slices.Contains(here, to) {
				t.Errorf("%s links to %s, %s does not", english.path, to, p.path)
			}
		}
	}
}

// targets are what the links of a page lead to, in English; a heading by its number.
func targets(t *testing.T, p page) (all []string) {
	_, below, _ := strings.Cut(p.prose, "\n[English]")
	if below == "" {
		_, below, _ = strings.Cut(p.prose, "\nEnglish | ")
	}
	_, below, _ = strings.Cut(below, "\n")
	for _, m := range link.FindAllStringSubmatch(below, -1) {
		file, anchor, _ := strings.Cut(m[1], "#")
		if strings.Contains(m[1], "://") {
			all = append(all, m[1])
			continue
		}
		target := p.path
		if file != "" {
			target = path.Join(path.Dir(p.path), file)
		}
		english := target
		if path.Dir(target) == russian {
			english = original(target)
		}
		if anchor != "" && path.Ext(target) == ".md" {
			english += fmt.Sprintf(" heading %d", slices.Index(anchors(pages(t, target)[0]), anchor)+1)
		}
		all = append(all, english)
	}
	return all
}

// The first line below the title of a page leads to its other language.
func TestLanguagesLinkToEachOther(t *testing.T) {
	for _, p := range pages(t, russian) {
		english := pages(t, original(p.path))[0]
		checkLanguageLine(t, p, "[English](%s) | Русский", english.path)
		checkLanguageLine(t, english, "English | [Русский](%s)", p.path)
	}
}

func checkLanguageLine(t *testing.T, p page, form, to string) {
	t.Helper()
	relative, err := filepath.Rel(path.Dir(p.path), to)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(form, filepath.ToSlash(relative))
	if lines := strings.Split(p.text, "\n"); len(lines) < 3 || lines[2] != want {
		t.Errorf("%s:3: the line should be %s", p.path, want)
	}
}

// A reader of a translation stays in it where there is a page; where there is none,
// the link says so.
func TestTranslationsSayWhereEnglishBegins(t *testing.T) {
	for _, p := range pages(t, russian) {
		_, below, _ := strings.Cut(p.prose, "\n[English]")
		_, below, _ = strings.Cut(below, "\n")
		for _, m := range link.FindAllStringSubmatchIndex(below, -1) {
			file, _, _ := strings.Cut(below[m[2]:m[3]], "#")
			target := path.Join(path.Dir(p.path), file)
			if file == "" || strings.Contains(file, "://") || path.Ext(target) != ".md" || path.Dir(target) == russian {
				continue
			}
			if after := strings.TrimLeft(below[m[1]:], " \n"); !strings.HasPrefix(after, "(англ.)") {
				t.Errorf("%s: the link to %s is not followed by (англ.)", p.path, target)
			}
			if _, err := os.Stat(filepath.Join(root, russian, path.Base(target))); err == nil && original(target) == target {
				t.Errorf("%s links to %s, which is translated", p.path, target)
			}
		}
	}
}
