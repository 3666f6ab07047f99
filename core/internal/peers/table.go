package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// table is an answer: rows of figures, and perhaps one column of them as bars.
type table struct {
	title, note string
	head        []string
	rows        [][]string
	bars        chart // empty: not drawn
}

// chart is one measure of several drivers.
type chart struct {
	title, unit string
	bars        []bar
}

type bar struct {
	label string
	ours  bool
	value float64
	text  string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (c *chart) add(b bar) { c.bars = append(c.bars, b) }

func (t table) writeMarkdown(w io.Writer) {
	fmt.Fprintf(w, "\n### %s\n\n", t.title)
	if t.note != "" {
		fmt.Fprintf(w, "%s\n\n", t.note)
	}
	line := func(cells []string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }
	line(t.head)
	line(slices.Repeat([]string{"---"}, len(t.head)))
	for _, cells := range t.rows {
		line(cells)
	}
}
