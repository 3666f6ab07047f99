package repotest

import (
	"go/types"
	"regexp"
	"slices"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
)

// variables are names that the pages use for values of our types.
var variables = map[string][2]string{
	"client":  {"bb", "Client"},
	"tracker": {"bb", "Tracker"},
	"rec":     {"bbtest", "Recorder"},
	"srv":     {"bbtest", "Server"},
	"cfg":     {"bb", "Config"},
	"stats":   {"bb", "Stats"},
}

var (
	ofTracker = regexp.MustCompile(`(?:\w+\.FromContext|client\.For|client\.Observe)\([^()]*\)\.`)
	chain     = regexp.MustCompile(`(?:\b[A-Za-z]\w*\.)+[A-Z]\w*`)
	variable  = regexp.MustCompile(`\bBB_[A-Z_]+`)
)

// What a page calls by name exists: bb.New, bb.Config.Timeout, Config.Timeout,
// client.Check, BB_INTEGRATION_KEY.
func TestNamesExist(t *testing.T) {
	compiled := load(t)
	known := []string{bb.EnvEnabled, bb.EnvBaseURL, bb.EnvIntegrationKey, bbdisk.EnvDir, "BB_CHAOS_ROUNDS", "BB_REQUIRE", "BB_REDIS_SERVER"}
	for _, p := range manual(t) {
		for n, line := range strings.Split(p.text, "\n") {
			line = ofTracker.ReplaceAllString(line, "tracker.")
			for _, name := range chain.FindAllString(line, -1) {
				if why := compiled.missing(strings.Split(name, ".")); why != "" {
					t.Errorf("%s:%d: %s does not exist: %s", p.path, n+1, name, why)
				}
			}
			for _, name := range variable.FindAllString(line, -1) {
				if !slices.Contains(known, name) {
					t.Errorf("%s:%d: there is no variable %s", p.path, n+1, name)
				}
			}
		}
	}
}

// missing says which part of a chain of names does not exist; "": all do, or
// the chain is not about this module.
func (p *packages) missing(parts []string) string {
	object, rest := p.resolve(parts)
	if len(rest) == len(parts) {
		return ""
	}
	for i := len(parts) - len(rest); object != nil && i < len(parts); i++ {
		object, _, _ = types.LookupFieldOrMethod(object.Type(), true, object.Pkg(), parts[i])
		rest = parts[i:]
	}
	if object == nil {
		return rest[0]
	}
	return ""
}

// resolve returns what the first of the names mean, and the others; all of
// them if the first means nothing here. The object is nil if it should exist
// and does not.
func (p *packages) resolve(parts []string) (object types.Object, rest []string) {
	if v, known := variables[parts[0]]; known {
		return p.ours[v[0]].Scope().Lookup(v[1]), parts[1:]
	}
	if pkg := p.ours[parts[0]]; pkg != nil {
		if object = pkg.Scope().Lookup(parts[1]); object == nil {
			return nil, parts[1:]
		}
		return object, parts[2:]
	}
	for _, name := range []string{"bb", "bbtest"} {
		if object = p.ours[name].Scope().Lookup(parts[0]); object != nil {
			return object, parts[1:]
		}
	}
	return nil, parts
}

// A prompt that lists what Capture has lists all of it.
func TestPromptsListCapture(t *testing.T) {
	fields := load(t).ours["bb"].Scope().Lookup("Capture").Type().Underlying().(*types.Struct)
	for _, p := range pages(t, "docs/prompts") {
		if !strings.Contains(p.text, "`Commands`, `Buttons`") {
			continue
		}
		for field := range fields.Fields() {
			if !strings.Contains(p.text, "`"+field.Name()+"`") {
				t.Errorf("%s lacks Capture.%s", p.path, field.Name())
			}
		}
	}
}

// A page that lists the settings lists all of them.
func TestSettingsAreComplete(t *testing.T) {
	text := pages(t, "docs/configuration.md")[0].text
	compiled := load(t)
	for _, name := range []string{"Config", "Capture"} {
		fields := compiled.ours["bb"].Scope().Lookup(name).Type().Underlying().(*types.Struct)
		for field := range fields.Fields() {
			if field.Exported() && !strings.Contains(text, "\n| `"+field.Name()+"` |") {
				t.Errorf("docs/configuration.md says nothing of %s.%s", name, field.Name())
			}
		}
	}
	for _, name := range []string{bb.EnvEnabled, bb.EnvBaseURL, bb.EnvIntegrationKey, bbdisk.EnvDir} {
		if !strings.Contains(text, "\n| `"+name+"` |") {
			t.Errorf("docs/configuration.md says nothing of %s", name)
		}
	}
}
