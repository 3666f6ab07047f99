package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

type status string

const (
	fine       status = "ok"
	warning    status = "warning"
	problem    status = "problem"
	notChecked status = "not checked"
)

// finding is what a step found.
type finding struct {
	status status
	text   string
	remedy string // "": none, or part of text
}

func ok(format string, args ...any) finding {
	return finding{status: fine, text: fmt.Sprintf(format, args...)}
}

// pages is where the documentation is for those who have not the repository.
const pages = "https://github.com/silverbranch/bb-telegram-analytics-go/blob/main/docs/"

const (
	width   = 80  // of a line
	indent  = 24  // of the words of a finding
	maxText = 600 // characters of a finding: errors may quote what comes from outside
	// minMasked is the length from which a key is masked. Shorter ones are no
	// secrets, and may be part of a common word.
	minMasked = 8
)

// report prints findings as they come, and counts them.
type report struct {
	out                io.Writer
	key                string
	problems, warnings int
}

func (r *report) add(name string, f finding) {
	switch f.status {
	case problem:
		r.problems++
	case warning:
		r.warnings++
	}
	lines := wrap(r.clean(f.text))
	if f.remedy != "" {
		lines = append(lines, wrap("-> "+r.clean(f.remedy))...)
	}
	fmt.Fprintf(r.out, "%-11s  %-9s  %s\n", f.status, name, strings.Join(lines, "\n"+strings.Repeat(" ", indent)))
}

// clean makes whatever a variable or a server said safe to print. No step puts
// the key into a finding; here is where it would end if something quoted it.
func (r *report) clean(text string) string {
	if len(r.key) >= minMasked && r.key != bb.DefaultBaseURL { // an address is no secret
		text = strings.ReplaceAll(text, r.key, "[redacted]")
	}
	text = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, text)
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText]) + "…"
	}
	return text
}

// wrap breaks text between words.
func wrap(text string) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width-indent {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// conclude says what to do next. early is why not all steps were taken, if so.
func (r *report) conclude(early error, sent bool) {
	fmt.Fprintln(r.out)
	switch {
	case errors.Is(early, context.Canceled):
		fmt.Fprintln(r.out, "Stopped before the end.")
	case r.problems == 1:
		fmt.Fprintln(r.out, "1 problem. Fix it and run this again.")
	case r.problems > 1:
		fmt.Fprintf(r.out, "%d problems. Fix the first one and run this again.\n", r.problems)
	case early != nil:
		fmt.Fprintln(r.out, "Not finished: everything is very slow. Try again with a longer -timeout.")
	case r.warnings > 0:
		fmt.Fprintf(r.out, "No problem, %s.\n", count(r.warnings, "warning"))
	default:
		fmt.Fprintln(r.out, "All is well.")
	}
	if r.problems > 0 || early != nil {
		return
	}
	if !sent {
		fmt.Fprintln(r.out, "To see an event arrive in the dashboard, run this with -send.")
	}
	fmt.Fprintln(r.out, "If this bot's events are missing all the same: "+pages+"troubleshooting.md")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
