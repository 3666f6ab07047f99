package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// Measures of the drawing, in its own units.
const (
	drawingWidth = 920
	labelWidth   = 340 // in which labels end
	barsWidth    = 380 // of the longest bar; its figure comes after it
	barHeight    = 16
	barStep      = 24
)

// colours follow the reader's setting, as the SVG is shown inside a page that
// does.
const colours = `
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 18px; font-weight: 600 }
.chart { font-size: 14px; font-weight: 600 }
.small { font-size: 12px; fill: #59636e }
.label { text-anchor: end }
.page { fill: #ffffff }
.bar { fill: #8c959f }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .small { fill: #9198a1 }
  .page { fill: #0d1117 }
  .bar { fill: #656c76 }
  .ours { fill: #4493f8 }
}
`

// drawing returns an SVG of the tables that have bars.
func drawing(about about, tables []table) []byte {
	var body bytes.Buffer
	y := 34
	text := func(class string, x, y int, words string) {
		fmt.Fprintf(&body, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, escape(words))
	}
	text("title", 20, y, "bb-telegram-analytics-go beside other ways to do its work, "+about.date)
	for _, line := range []string{about.machine, about.command + " in core/internal/peers", about.pinning + "; medians; shorter is better"} {
		y += 18
		text("small", 20, y, line)
	}
	for _, t := range tables {
		if len(t.bars.bars) == 0 {
			continue
		}
		y += 40
		text("chart", 20, y, t.bars.title+", "+t.bars.unit)
		y += 10
		longest := 0.0
		for _, b := range t.bars.bars {
			longest = max(longest, b.value)
		}
		for _, b := range t.bars.bars {
			class, width := "bar", 1.0
			if b.ours {
				class = "bar ours"
			}
			if longest > 0 {
				width = max(1, b.value/longest*barsWidth)
			}
			text("label", labelWidth, y+13, b.label)
			fmt.Fprintf(&body, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`+"\n", class, labelWidth+8, y, width, barHeight)
			text("figure", labelWidth+14+int(width), y+13, b.text)
			y += barStep
		}
	}
	y += 16
	var svg bytes.Buffer
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" role="img" aria-label="Measured costs, as in the tables">`+"\n", drawingWidth, y)
	fmt.Fprintf(&svg, "<style>%s</style>\n<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n", colours)
	svg.Write(body.Bytes())
	svg.WriteString("</svg>\n")
	return svg.Bytes()
}

func escape(words string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(words)) // a Builder takes all
	return b.String()
}
