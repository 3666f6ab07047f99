package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// options is what the command line says.
type options struct {
	quick   bool
	reps    int
	only    string // "": all sections
	svg     string // "": no drawing
	pin     bool
	command string // as it was typed, for the report
}

// turns is for drivers that take turns: short ones, so many more.
func (o options) turns() int {
	if o.quick {
		return 2
	}
	return 20 * o.reps
}

// section is one question: it measures and answers with tables.
type section struct {
	name string
	run  func(*bench) ([]table, error)
}

var sections = []section{
	{"delivery", measureDelivery},
	{"inflight", measureInFlight},
	{"slow", measureSlow},
	{"call", measureCall},
	{"memory", measureMemory},
	{"disk", measureDisk},
	{"growth", measureGrowth},
	{"start", measureStart},
	{"size", measureSize},
}

func sectionNames() []string {
	names := make([]string, len(sections))
	for i, s := range sections {
		names[i] = s.name
	}
	return names
}

// chosen returns the sections that only names.
func chosen(only string) ([]section, error) {
	if only == "" {
		return sections, nil
	}
	var found []section
	for name := range strings.SplitSeq(only, ",") {
		at := slices.Index(sectionNames(), strings.TrimSpace(name))
		if at < 0 {
			return nil, fmt.Errorf("there is no section %q; -only takes: %s", name, strings.Join(sectionNames(), ", "))
		}
		found = append(found, sections[at])
	}
	return found, nil
}

// run measures what opts ask for and writes the report to w. Each table is
// written when it is there, so that a run that is stopped leaves something.
func run(ctx context.Context, opts options, w io.Writer) (err error) {
	if opts.reps < 1 || opts.reps > 100 {
		return errors.New("-reps must be from 1 to 100")
	}
	todo, err := chosen(opts.only)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	about := describe(opts.command, b.pinned())
	about.writeMarkdown(w)
	var all []table
	for _, s := range todo {
		b.section = s.name
		tables, err := s.run(b)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		for _, t := range tables {
			t.writeMarkdown(w)
		}
		all = append(all, tables...)
	}
	if opts.svg == "" {
		return nil
	}
	return os.WriteFile(opts.svg, drawing(about, all), 0o644)
}
