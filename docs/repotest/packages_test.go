package repotest

import (
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// packages are those that the pages import, as the go command compiled them.
type packages struct {
	usual    map[string]string // import paths by the names in the pages
	ours     map[string]*types.Package
	importer types.Importer
}

// load compiles what the pages import.
func load(t *testing.T) *packages {
	t.Helper()
	p := &packages{usual: maps.Clone(usualImports), ours: map[string]*types.Package{}}
	var ours []listed
	for _, found := range goList(t, "./...") {
		internal := strings.Contains(found.ImportPath, "/internal/")
		if found.Name != "main" && found.Name != "repotest" && !internal && !strings.Contains(found.ImportPath, "/examples/") {
			ours = append(ours, found)
			p.usual[found.Name] = found.ImportPath
		}
	}
	exports := map[string]string{}
	paths := append(slices.Collect(maps.Values(p.usual)), importedByFiles(t)...)
	for _, found := range goList(t, append([]string{"-export", "-deps"}, paths...)...) {
		exports[found.ImportPath] = found.Export
	}
	p.importer = importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	for _, found := range ours {
		compiled, err := p.importer.Import(found.ImportPath)
		if err != nil {
			t.Fatal(err)
		}
		p.ours[found.Name] = compiled
	}
	return p
}

// importedByFiles are the imports of all blocks that have any.
func importedByFiles(t *testing.T) []string {
	var paths []string
	for _, page := range manual(t) {
		for _, b := range page.blocks {
			if b.lang != "go" || b.from != "" || b.file != "" {
				continue
			}
			source := b.code
			if !b.isFile() {
				source = b.wrap()
			}
			file, err := parser.ParseFile(token.NewFileSet(), "page.go", source, parser.ImportsOnly)
			if err != nil {
				continue // TestCodeCompiles reports it
			}
			for _, spec := range file.Imports {
				if path, err := strconv.Unquote(spec.Path.Value); err == nil {
					paths = append(paths, path)
				}
			}
		}
	}
	return paths
}
