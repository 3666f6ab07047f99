package repotest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// usualImports are packages that a block may use without importing them, by
// the names that the pages give them. Those of this module come on top.
var usualImports = map[string]string{
	"tele":     "gopkg.in/telebot.v3",
	"tgbotapi": "github.com/go-telegram-bot-api/telegram-bot-api/v5",
	"bot":      "github.com/go-telegram/bot",
	"models":   "github.com/go-telegram/bot/models",

	"context":  "context",
	"errors":   "errors",
	"exec":     "os/exec",
	"expvar":   "expvar",
	"fmt":      "fmt",
	"uuid":     "github.com/google/uuid",
	"fnv":      "hash/fnv",
	"http":     "net/http",
	"json":     "encoding/json",
	"log":      "log",
	"os":       "os",
	"redis":    "github.com/redis/go-redis/v9",
	"signal":   "os/signal",
	"slog":     "log/slog",
	"sql":      "database/sql",
	"strings":  "strings",
	"sync":     "sync",
	"synctest": "testing/synctest",
	"syscall":  "syscall",
	"testing":  "testing",
	"time":     "time",
	"url":      "net/url",
}

func TestCodeCompiles(t *testing.T) {
	compiled := load(t)
	for _, p := range manual(t) {
		for _, b := range p.blocks {
			switch {
			case b.lang != "go" || b.file != "": // TestModulesPass builds those
			case b.from != "":
				checkExcerpt(t, b)
			default:
				for _, err := range b.check(compiled) {
					t.Error(err)
				}
			}
		}
	}
}

// check returns what a compiler would say about a block, but that a fragment
// may declare variables for what follows it.
func (b block) check(p *packages) []error {
	fset := token.NewFileSet()
	file, err := b.parse(fset, p)
	if err != nil {
		return []error{err}
	}
	var faults []error
	config := types.Config{
		Importer: p.importer,
		Error: func(err error) {
			var fault types.Error
			errors.As(err, &fault)
			if b.isFile() || !strings.HasPrefix(fault.Msg, "declared and not used") {
				faults = append(faults, fmt.Errorf("%v: %s", fset.Position(fault.Pos), fault.Msg))
			}
		},
	}
	_, _ = config.Check("page", fset, []*ast.File{file}, nil) // reported by Error
	return faults
}

func (b block) isFile() bool { return strings.HasPrefix(b.code, "package ") }

// parse returns a block as a file whose positions are those of the page.
func (b block) parse(fset *token.FileSet, p *packages) (*ast.File, error) {
	if b.isFile() {
		return parser.ParseFile(fset, "page.go", fmt.Sprintf("//line %s:%d\n%s", b.page, b.line, b.code), 0)
	}
	source := b.wrap()
	file, err := parser.ParseFile(token.NewFileSet(), "page.go", source, 0)
	if err != nil {
		return nil, err
	}
	imports, imported := "", map[string]bool{}
	for _, spec := range file.Imports {
		imported[spec.Path.Value] = true
	}
	for _, name := range file.Unresolved {
		path := strconv.Quote(p.usual[name.Name])
		if path != `""` && !imported[path] {
			imports += fmt.Sprintf("; import %s %s", name.Name, path)
			imported[path] = true
		}
	}
	return parser.ParseFile(fset, "page.go", strings.Replace(source, "package page", "package page"+imports, 1), 0)
}

var topLevel = regexp.MustCompile(`^(import\b|func (\(|\w))`)

// wrap makes a file of a fragment: imports and functions at the left margin
// stay beside the function around the rest.
func (b block) wrap() string {
	var imports, outside, inside strings.Builder
	into, end := &inside, ""
	for i, line := range strings.Split(strings.TrimSuffix(b.code, "\n"), "\n") {
		if end == "" && topLevel.MatchString(line) {
			into = &outside
			if strings.HasPrefix(line, "import") {
				into = &imports
			}
			switch {
			case strings.HasSuffix(line, "("):
				end = ")"
			case strings.HasSuffix(line, "{"):
				end = "}"
			default:
				end = line // this line alone
			}
		}
		fmt.Fprintf(into, "//line %s:%d\n%s\n", b.page, b.line+i, line)
		if line == end {
			into, end = &inside, ""
		}
	}
	return fmt.Sprintf("package page\n%s%s\nfunc _(%s) {\n%s\n}\n", imports.String(), outside.String(), b.given, inside.String())
}

func checkExcerpt(t *testing.T, b block) {
	t.Helper()
	rest := read(t, b.from)
	for _, part := range regexp.MustCompile(`(?m)^\s*// \.\.\.\n`).Split(b.code, -1) {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Errorf("%s:%d: this is not, or no longer, in %s:\n%s", b.page, b.line, b.from, part)
			return
		}
		rest = after
	}
}
