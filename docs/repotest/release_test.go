package repotest

import (
	"archive/zip"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// version is what the modules are packed as.
const version = "v0.0.1"

var ourVersion = regexp.MustCompile(regexp.QuoteMeta(module) + ` v\S+`)

// What a tag publishes builds the bots of the quick starts: a program gets this
// module, and that for telebot.v4, packed from a module proxy and not by a replace.
func TestPackedModulesBuildTheQuickStarts(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles three libraries without a cache of ours")
	}
	proxy := t.TempDir()
	pack(t, proxy, "")
	pack(t, proxy, "telebot/telebotv4")
	modcache := strings.TrimSpace(goCommand(t, root, "env", "GOMODCACHE"))
	env := append(os.Environ(), "GOWORK=off", "GONOSUMDB="+module, "GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw -mod=mod",
		"GOPROXY=file://"+filepath.ToSlash(proxy)+",file://"+filepath.ToSlash(modcache)+"/cache/download,"+
			strings.TrimSpace(goCommand(t, root, "env", "GOPROXY")))

	bots := map[string]string{}
	for _, page := range []string{"telebot", "tgbotapi", "gotelegram"} {
		bots[page] = program(t, "docs/"+page+".md")
	}
	bots["telebotv4"] = strings.NewReplacer(
		"gopkg.in/telebot.v3", "gopkg.in/telebot.v4", module+`/telebot"`, module+`/telebot/telebotv4"`).Replace(bots["telebot"])
	for name, source := range bots {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "main.go"), source)
			// The versions that the module names, where `go get` would ask for the newest.
			get := []string{"get", module + "@" + version}
			if name == "telebotv4" {
				get = append(get, module+"/telebot/telebotv4@"+version)
			}
			for _, args := range [][]string{{"mod", "init", "mybot"}, get, {"mod", "tidy"}, {"build", "-o", filepath.Join(dir, "bot"), "."}} {
				cmd := exec.Command("go", args...)
				cmd.Dir, cmd.Env = dir, env
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
				}
			}
		})
	}
}

// program returns the main.go of a quick start.
func program(t *testing.T, page string) string {
	t.Helper()
	for _, b := range pages(t, page)[0].blocks {
		if strings.HasPrefix(b.code, "package main") {
			return b.code
		}
	}
	t.Fatalf("%s has no main.go", page)
	return ""
}

// pack puts the module in a folder of this repository into a module proxy, as
// https://go.dev/ref/mod#goproxy-protocol says: with the files that git knows, but
// those of nested modules. A nested one requires the version of the outer one that a
// release gives it.
func pack(t *testing.T, proxy, folder string) {
	t.Helper()
	name := path.Join(module, folder)
	mod := ourVersion.ReplaceAllString(read(t, path.Join(folder, "go.mod")), module+" "+version)
	versions := filepath.Join(proxy, filepath.FromSlash(name), "@v")
	write(t, filepath.Join(versions, "list"), version+"\n")
	write(t, filepath.Join(versions, version+".info"), `{"Version":"`+version+`"}`)
	write(t, filepath.Join(versions, version+".mod"), mod)

	out, err := os.Create(filepath.Join(versions, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	packed := zip.NewWriter(out)
	for _, file := range moduleFiles(t, folder) {
		w, err := packed.Create(name + "@" + version + "/" + file)
		if err != nil {
			t.Fatal(err)
		}
		text := mod
		if file != "go.mod" {
			text = read(t, path.Join(folder, file))
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
}

// moduleFiles are the files of a module, by their paths in it.
func moduleFiles(t *testing.T, folder string) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files")
	cmd.Dir = filepath.Join(root, filepath.FromSlash(folder))
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("this is no checkout of git: %v", err)
	}
	files := strings.Fields(string(out))
	var nested []string
	for _, file := range files {
		if path.Base(file) == "go.mod" && file != "go.mod" {
			nested = append(nested, path.Dir(file)+"/")
		}
	}
	return slices.DeleteFunc(files, func(file string) bool {
		return slices.ContainsFunc(nested, func(dir string) bool { return strings.HasPrefix(file, dir) })
	})
}
