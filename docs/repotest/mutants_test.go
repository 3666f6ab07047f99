package repotest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mutant is a fault that is planted in a file: one text of it in place of another.
// The tests of the package, or the simulation, have to find it.
type mutant struct {
	promise string // that it breaks
	file    string
	before  string // stands in file once
	after   string
}

// tests are the arguments of go test for what has to find it, the quickest first.
func (m mutant) tests() [][]string {
	own := "./" + path.Dir(m.file)
	switch {
	case own == "./core/internal/filesystem":
		return [][]string{{"./core/disk"}}
	case strings.HasPrefix(m.file, "core/internal/"):
		return [][]string{{own}, core, simulation, {"./core/disk"}}
	case own == "./core":
		return [][]string{core, {"./core/adaptertest"}, simulation}
	case own == "./core/disk":
		return [][]string{{own}, simulation}
	case m.file == "core/redis/keys.go":
		return [][]string{{own}, {"-short=false", "-run=TestCluster$", own}}
	}
	return [][]string{{own}}
}

var (
	core       = []string{"-skip=TestSimulation", "./core"}
	simulation = []string{"-run=TestSimulation", "./core"}
)

// TestMutants plants each fault whose promise BB_MUTANTS is a pattern of. With
// BB_MUTANTS_IN=simulation the simulation alone looks for them.
func TestMutants(t *testing.T) {
	pattern := os.Getenv("BB_MUTANTS")
	if pattern == "" {
		t.Skip("make mutants runs it")
	}
	wanted := regexp.MustCompile(pattern)
	planted, lived, sound := 0, 0, map[string]bool{}
	for _, m := range mutants {
		if !wanted.MatchString(m.promise) {
			continue
		}
		tests := m.tests()
		if os.Getenv("BB_MUTANTS_IN") == "simulation" {
			tests = [][]string{simulation}
		}
		for _, args := range tests { // that fail without a fault too prove nothing
			if key := fmt.Sprint(args); !sound[key] {
				sound[key] = true
				if by, out := runTests("", args); by != "" {
					t.Fatalf("%v fails without any fault:\n%s", args, out)
				}
			}
		}
		planted++
		overlay, err := m.plant(t.TempDir())
		by := ""
		for _, args := range tests {
			if by == "" && err == nil {
				by, _ = runTests(overlay, args)
			}
		}
		switch {
		case err != nil:
			t.Errorf("%s\n%v", m.promise, err)
		case by != "":
			t.Logf("found by %s: %s", by, m.promise)
			continue
		default:
			t.Errorf("LIVES: %s\n%s: %q instead of %q", m.promise, m.file, m.after, m.before)
		}
		lived++
	}
	t.Logf("%d mutants planted, %d lived", planted, lived)
}

// TestMutantsStandWhereTheCodeIs fails in the commit that moves the code, and not
// when the faults are planted next.
func TestMutantsStandWhereTheCodeIs(t *testing.T) {
	for _, m := range mutants {
		if _, err := m.source(); err != nil {
			t.Errorf("%s\n%v", m.promise, err)
		}
	}
}

// source returns the file without the fault.
func (m mutant) source() (string, error) {
	source, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(source), m.before); n != 1 {
		return "", fmt.Errorf("%s: %q stands there %d times, want once: plant the fault where the code is now", m.file, m.before, n)
	}
	return string(source), nil
}

// plant writes the file with the fault, and returns an overlay that puts it in
// place of the other.
func (m mutant) plant(dir string) (overlay string, err error) {
	source, err := m.source()
	if err != nil {
		return "", err
	}
	original, err := filepath.Abs(filepath.Join(root, m.file))
	if err != nil {
		return "", err
	}
	planted := filepath.Join(dir, "planted"+path.Ext(m.file))
	overlay = filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {original: planted}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(planted, []byte(strings.Replace(source, m.before, m.after, 1)), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return "", err
	}
	out, err := runGo("build", "-overlay="+overlay, "./"+path.Dir(m.file))
	if err != nil {
		return "", fmt.Errorf("the fault does not compile: %s", out)
	}
	return overlay, nil
}

var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)|^panic: (.*)`)

// runTests returns the test that fails; "": none does.
func runTests(overlay string, args []string) (by, out string) {
	out, err := runGo(slices.Concat([]string{"test", "-short", "-failfast", "-count=1", "-vet=off", "-timeout=4m", "-overlay=" + overlay}, args)...)
	if err == nil {
		return "", out
	}
	by = args[len(args)-1]
	for _, match := range failed.FindAllStringSubmatch(out, -1) {
		by = match[1] + match[2] // the last is the innermost
	}
	return by, out
}

func runGo(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	return string(out), err
}
