package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
)

const (
	// maxShown is the longest value of BB_ANALYTICS_ENABLED that is shown: what
	// is longer may be a key in the wrong place.
	maxShown = 10
	// maxNames bounds how many other variables are named.
	maxNames = 3

	removeQuotes = "Remove them: docker run --env-file, and set on Windows, keep quotes."
)

func (c *checkup) lookAtSwitch(context.Context) finding {
	const name = bb.EnvEnabled
	raw, set := os.LookupEnv(name)
	value := strings.TrimSpace(raw)
	switch {
	case c.enabled && raw != value:
		return spaces(name)
	case c.enabled:
		return ok("%s is %q", name, value)
	case !set:
		return finding{problem, name + " is not set, so analytics is off and the bot sends nothing", "Set it to true, 1 or yes." + whyUnset()}
	case quoted(value):
		return finding{problem, name + " has quotes that are part of its value, so analytics is off", removeQuotes}
	}
	shown := fmt.Sprintf("is %q", value)
	if utf8.RuneCountInString(value) > maxShown {
		shown = "is none of true, 1 and yes"
	}
	return finding{problem, name + " " + shown + ", so analytics is off and the bot sends nothing", "Set it to true, 1 or yes."}
}

// lookAtKey looks at the form of the key. That it is the one of this
// environment only the API can tell.
func (c *checkup) lookAtKey(context.Context) finding {
	const name = bb.EnvIntegrationKey
	switch why := reason(c.wrong, name); {
	case c.key == "":
		return finding{problem, name + " " + why, strings.TrimSpace(whyUnset())}
	case why != "":
		return finding{status: problem, text: name + " " + why}
	case os.Getenv(name) != c.key:
		return spaces(name)
	}
	return ok("%s is set, %s; whether it is the right one shows below", name, count(utf8.RuneCountInString(c.key), "character"))
}

func spaces(name string) finding {
	return finding{warning, name + " has white space around its value", "The library drops it, other programs may not: remove it."}
}

func quoted(value string) bool {
	return strings.IndexAny(value, "\"'") == 0
}

// whyUnset says what the environment shows about a variable that is not set.
// It begins with a space, unless it is empty.
func whyUnset() (hint string) {
	if _, err := os.Stat(".env"); err == nil {
		hint = " There is a file .env here; programs do not read it by themselves: set -a; . ./.env; set +a"
	}
	if names := strangers(); len(names) > 0 {
		hint += " Set, but read by nothing here: " + strings.Join(names, ", ") + "."
	}
	return hint
}

// strangers are names of variables that look like ours, and are not.
func strangers() (names []string) {
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		ours := slices.Contains([]string{bb.EnvEnabled, bb.EnvBaseURL, bb.EnvIntegrationKey, bbdisk.EnvDir}, name)
		if strings.HasPrefix(strings.ToUpper(name), "BB_") && !ours && len(names) < maxNames {
			names = append(names, name)
		}
	}
	return names
}
