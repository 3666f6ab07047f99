package repotest

import (
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

// Names, log lines and values that the original shows as code are in the
// translation too, so that a change of one of them reaches both.
func TestTranslationsNameTheSame(t *testing.T) {
	for _, p := range pages(t, russian) {
		english := pages(t, original(p.path))[0]
		known := code.FindAllString(p.prose, -1)
		for _, name := range code.FindAllString(english.prose, -1) {
			if !slices.Contains(known, name) {
				t.Errorf("%s has %s, %s has not", english.path, name, p.path)
			}
		}
	}
}

// The first line below the title of a page leads to its other language.
func TestLanguagesLinkToEachOther(t *testing.T) {
	for _, p := range pages(t, russian) {
		english := pages(t, original(p.path))[0]
		checkLanguageLine(t, p, "English", english.path)
		checkLanguageLine(t, english, "Русский", p.path)
	}
}

func checkLanguageLine(t *testing.T, p page, language, to string) {
	t.Helper()
	relative, err := filepath.Rel(path.Dir(p.path), to)
	if err != nil {
		t.Fatal(err)
	}
	want := "[" + language + "](" + filepath.ToSlash(relative) + ")"
	if lines := strings.Split(p.text, "\n"); len(lines) < 3 || lines[2] != want {
		t.Errorf("%s:3: the line should be %s", p.path, want)
	}
}

// A reader of a translation stays in it where there is a page, and is told
// where there is none.
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
