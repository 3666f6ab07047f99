package main

import (
	"bytes"
	_ "embed"
	"html/template"
	"regexp"
	"slices"
)

// A chart has a bar for each row of a table.
type chart struct {
	title  string
	labels []string
	values []float64
}

// A shape is a bar, or the title of a chart, which has no width.
type shape struct {
	Y, Width    int
	Label, Text string
	Ours        bool
}

//go:embed drawing.svg.tmpl
var drawing string

var ours = regexp.MustCompile(`\bbb\b`)

// draw returns an SVG. Sizes are in its own units.
func draw(about string, charts []chart) []byte {
	const top, step, widest = 54, 24, 380
	y := top
	var shapes []shape
	for _, c := range charts {
		y += 2 * step
		shapes = append(shapes, shape{Y: y, Label: c.title})
		for i, v := range c.values {
			y += step
			width := max(1, int(v/slices.Max(c.values)*widest))
			shapes = append(shapes, shape{y, width, c.labels[i], number(v), ours.MatchString(c.labels[i])})
		}
	}
	var svg bytes.Buffer
	check(template.Must(template.New("").Parse(drawing)).Execute(&svg,
		map[string]any{"Height": y + step, "About": about, "Shapes": shapes}))
	return svg.Bytes()
}
