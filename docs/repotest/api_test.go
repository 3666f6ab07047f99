package repotest

import (
	"flag"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const apiFile = "docs/api.txt"

var update = flag.Bool("update", false, "write what the test compares with")

// The listing names everything that users can, so that each change of the API
// shows in a diff.
func TestAPIIsListed(t *testing.T) {
	var lines []string
	for name, pkg := range load(t).ours {
		for _, line := range exported(pkg) {
			lines = append(lines, name+": "+line+"\n")
		}
	}
	slices.Sort(lines)
	if *update {
		write(t, filepath.Join(root, filepath.FromSlash(apiFile)), strings.Join(lines, ""))
		return
	}
	listed := strings.SplitAfter(read(t, apiFile), "\n")
	for _, line := range lines {
		if !slices.Contains(listed, line) {
			t.Errorf("%s does not list %s", apiFile, line)
		}
	}
	for _, line := range listed {
		if line != "" && !slices.Contains(lines, line) {
			t.Errorf("%s lists what is gone: %s", apiFile, line)
		}
	}
	if t.Failed() {
		t.Log("after a deliberate change: make api UPDATE=1")
	}
}

// exported returns a line for each exported name of a package, and for each
// exported field and method of its types.
func exported(pkg *types.Package) (lines []string) {
	here := func(other *types.Package) string {
		if other == pkg {
			return ""
		}
		return other.Name()
	}
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		line := types.ObjectString(object, here)
		switch object := object.(type) {
		case *types.Const:
			line += " = " + object.Val().ExactString()
		case *types.TypeName:
			if structure, ok := object.Type().Underlying().(*types.Struct); ok {
				line = "type " + name + " struct" // the fields follow, without those that are internal
				for field := range structure.Fields() {
					if field.Exported() {
						lines = append(lines, "field "+name+"."+field.Name()+" "+types.TypeString(field.Type(), here))
					}
				}
			}
			for method := range types.NewMethodSet(types.NewPointer(object.Type())).Methods() {
				if method.Obj().Exported() {
					lines = append(lines, types.ObjectString(method.Obj(), here))
				}
			}
		}
		lines = append(lines, line)
	}
	return lines
}
