package repotest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The adapter for telebot.v4 is that for telebot.v3 with other import paths, but for
// the files that telebot/telebotv4 has of its own: what only v4 decodes.
// `make generate` writes it.
func TestTelebotV4IsGenerated(t *testing.T) {
	const from, to = "telebot", "telebot/telebotv4"
	own := map[string]bool{"version.go": true, "version_test.go": true}
	paths := strings.NewReplacer("gopkg.in/telebot.v3", "gopkg.in/telebot.v4", module+"/"+from+`"`, module+"/"+to+`"`)
	sources, err := filepath.Glob(filepath.Join(root, from, "*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatal("there is nothing to generate from", err)
	}
	want := map[string]string{}
	for _, source := range sources {
		if name := filepath.Base(source); !own[name] {
			want[name] = "// Code generated from " + from + "/" + name + "; DO NOT EDIT.\n\n" + paths.Replace(readFile(t, source))
		}
	}
	if *update {
		for name, text := range want {
			write(t, filepath.Join(root, to, name), text)
		}
	}
	for name, text := range want {
		if got, err := os.ReadFile(filepath.Join(root, to, name)); err != nil || string(got) != text {
			t.Errorf("%s/%s is not what %s/%s makes: run `make generate` (%v)", to, name, from, name, err)
		}
	}
	generated, err := filepath.Glob(filepath.Join(root, to, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range generated {
		if name := filepath.Base(file); want[name] == "" && !own[name] {
			t.Errorf("%s/%s comes from nothing in %s", to, name, from)
		}
	}
}
