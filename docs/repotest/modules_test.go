package repotest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

var (
	goLine  = regexp.MustCompile(`(?m)^go (\S+)$`)
	require = regexp.MustCompile(`(?m)^\t(\S+) (v\S+)$`) // a direct one
)

// README.md and its translation name the lowest versions, which go.mod has: all in
// the table of versions, those of Go and the bot libraries on the first screen too.
func TestVersionsInREADME(t *testing.T) {
	mod := read(t, "go.mod")
	lowest := goLine.FindStringSubmatch(mod)[1]
	rows, first := []string{"| Go | " + lowest}, []string{"Go " + strings.TrimSuffix(lowest, ".0")}
	for _, m := range require.FindAllStringSubmatch(mod, -1) {
		if m[1] == "github.com/google/uuid" { // which nobody uses through us
			continue
		}
		rows = append(rows, "| "+m[2])
		if !strings.Contains(m[1], "redis") {
			first = append(first, m[2]+")")
		}
	}
	for _, p := range pages(t, "README.md", "docs/ru/README.md") {
		screen, _, _ := strings.Cut(p.text, "\n## ")
		for _, row := range rows {
			if !strings.Contains(p.text, row) {
				t.Errorf("%s lacks the lowest version of go.mod: %s", p.path, row)
			}
		}
		for _, version := range first {
			if !strings.Contains(screen, version) {
				t.Errorf("the first screen of %s lacks the lowest version of go.mod: %s", p.path, version)
			}
		}
	}
}

// The tests that the pages show pass, in a module that requires this one. So do the modules that other pages describe file by file. None of them reaches for
// the network, also where a bot answers.
func TestModulesPass(t *testing.T) {
	proxy := "HTTPS_PROXY=" + watchNetwork(t)
	for _, p := range manual(t) {
		files := map[string]string{}
		for _, b := range p.blocks {
			switch {
			case b.file != "":
				files[b.file] = b.code
			case b.lang == "go" && b.isFile() && strings.Contains(b.code, "\nfunc Test") && !strings.HasPrefix(p.path, russian):
				files[fmt.Sprintf("line%d/bot_test.go", b.line)] = b.code
			}
		}
		if len(files) > 0 {
			t.Run(p.path, func(t *testing.T) {
				t.Parallel() // the go command waits more than it works
				dir := newModule(t, files)
				if !testing.Short() { // vet analyses every dependency first
					goCommand(t, dir, "vet", "./...")
				}
				goCommandWith(t, dir, []string{proxy}, "test", "-count=1", "./...")
			})
		}
	}
}

// watchNetwork returns a proxy that the test fails for, if anything asks it for
// another host. Loopback goes by no proxy.
func watchNetwork(t *testing.T) (url string) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("a test reaches for the network: %s %s", r.Method, r.Host)
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}
