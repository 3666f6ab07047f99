package repotest

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEveryPackageIsDocumentedOnce(t *testing.T) {
	for _, p := range goList(t, "./...") {
		comments := 0
		for _, file := range p.GoFiles {
			before, _, _ := strings.Cut("\n"+source(t, p, file), "\npackage ")
			if lines := strings.Split(before, "\n"); strings.HasPrefix(lines[len(lines)-1], "//") {
				comments++
			}
		}
		if comments != 1 && len(p.GoFiles) > 0 {
			t.Errorf("%s has %d package comments, want 1", p.ImportPath, comments)
		}
	}
}

func TestSourceFilesStaySmall(t *testing.T) {
	const most = 300
	for _, p := range goList(t, "./...") {
		for _, file := range p.GoFiles {
			if n := strings.Count(source(t, p, file), "\n"); n > most {
				t.Errorf("%s/%s has %d lines, more than %d", p.ImportPath, file, n, most)
			}
		}
	}
}

// source returns a file of a package of this module.
func source(t *testing.T, p listed, file string) string {
	t.Helper()
	return read(t, path.Join(strings.TrimPrefix(p.ImportPath, module), file))
}

func TestTopLevelFolders(t *testing.T) {
	want := []string{"core", "docs", "examples", "gotelegram", "telebot", "tgbotapi"}
	entries, err := os.ReadDir(filepath.FromSlash(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() && !strings.HasPrefix(name, ".") && !slices.Contains(want, name) {
			t.Errorf("there is a top-level folder %s", name)
		}
	}
}

func TestModuleHasNoReplace(t *testing.T) {
	if strings.Contains(read(t, "go.mod"), "\nreplace ") {
		t.Error("go.mod has a replace, which importers do not get")
	}
}

// A program that somebody built in passing would reach every importer.
func TestNoFileIsLarge(t *testing.T) {
	const most = 1 << 20
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if entry != nil && entry.Name() == ".git" {
				return fs.SkipDir
			}
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Size() > most {
			t.Errorf("%s has %d bytes, more than %d", path, info.Size(), most)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
