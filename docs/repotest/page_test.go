package repotest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is a Markdown file.
type page struct {
	path   string // from the root, with slashes
	text   string
	prose  string // text without fenced blocks
	blocks []block
}

// block is a fenced block of a page.
//
// A block of Go that begins with "package" is a whole file. Any other is the
// inside of a function, and functions at its left margin stand beside that. Packages
// that it does not import are imported by their usual names, see usualImports.
// Hidden comments before a block say the rest:
//
//	<!-- given: bot *tele.Bot, client *bb.Client -->
//
// declares what this block and those after it take for granted, up to the next
// such comment, and
//
//	<!-- from: examples/telego/main.go -->
//
// says that the next block is part of that file, which is tested where it is;
// a line "// ..." in the block stands for lines left out. And
//
//	<!-- file: bot/bot.go -->
//
// says that the next block is that file of a module which the page describes.
type block struct {
	page  string
	line  int // of its first line of code
	lang  string
	code  string
	given string // parameters of the function around it
	from  string // file of this repository that it is a part of; "": none
	file  string // file of the page's own module that it is; "": none
}

var (
	fence = regexp.MustCompile("^\\s*```+\\s*(\\w*)")
	given = regexp.MustCompile(`^<!-- given: (.*) -->$`)
	from  = regexp.MustCompile(`^<!-- from: (.*) -->$`)
	file  = regexp.MustCompile(`^<!-- file: (.*) -->$`)
)

func parse(path, text string) page {
	p := page{path: path, text: text}
	var prose strings.Builder
	var open bool
	next := block{page: path}
	for i, line := range strings.Split(text, "\n") {
		marker := fence.FindStringSubmatch(line)
		switch {
		case marker != nil && open:
			p.blocks = append(p.blocks, next)
			next = block{page: path, given: next.given}
			open = false
		case marker != nil:
			next.line, next.lang = i+2, marker[1]
			open = true
		case open:
			next.code += line + "\n"
		default:
			set(&next.given, given, line)
			set(&next.from, from, line)
			set(&next.file, file, line)
			prose.WriteString(line)
		}
		prose.WriteByte('\n')
	}
	p.prose = prose.String()
	return p
}

func set(value *string, comment *regexp.Regexp, line string) {
	if m := comment.FindStringSubmatch(line); m != nil {
		*value = m[1]
	}
}

// pages returns the Markdown files under a folder or file of the repository.
func pages(t *testing.T, under ...string) []page {
	t.Helper()
	var all []page
	for _, start := range under {
		err := filepath.WalkDir(filepath.Join(root, start), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root:
				return filepath.SkipDir
			case entry.IsDir() || filepath.Ext(path) != ".md":
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, path)
			all = append(all, parse(filepath.ToSlash(rel), string(text)))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) == 0 {
		t.Fatalf("there is no page under %v", under)
	}
	return all
}

// manual are the pages whose code and names are checked.
func manual(t *testing.T) []page { return pages(t, "README.md", "CONTRIBUTING.md", "docs") }
