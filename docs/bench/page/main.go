// Command page reads what the benchmarks printed, and writes it into
// docs/performance.md and its drawing. Comments in the page ask for tables, which
// follow them:
//
//	<!-- table: Deliver CPU-µs/event CPU-µs/event÷driver=lean -->
//
// This one has a row for each result of BenchmarkDeliver, with the median of a
// unit and of a ratio. The divisor is the result that has driver=lean in its
// name instead of another driver. With "chart" for "table" the first unit is
// drawn as well. What follows <!-- run --> is the date and the machine.
package main

import (
	"fmt"
	"log"
	"os"
	"regexp"
	"runtime"
	"strings"
	"time"
)

var (
	run   = regexp.MustCompile(`(<!-- run -->\n).*\n`)
	table = regexp.MustCompile(`(<!-- (table|chart): (\w+) (.*) -->\n)(?:\|.*\n)*`)
)

func main() {
	res := read(os.Stdin)
	page, err := os.ReadFile("../performance.md")
	check(err)
	about := fmt.Sprintf("%s; %s, %d CPUs, %s, %s/%s; %d rounds", time.Now().Format(time.DateOnly),
		res.cpu, runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, res.rounds)
	var charts []chart
	text := table.ReplaceAllStringFunc(string(page), func(old string) string {
		m := table.FindStringSubmatch(old)
		comment, kind, benchmark, columns := m[1], m[2], m[3], strings.Fields(m[4])
		rows, c := res.table(benchmark, columns)
		if rows == "" {
			log.Fatalf("there are no results of Benchmark%s", benchmark)
		}
		if kind == "chart" {
			charts = append(charts, c)
		}
		return comment + rows
	})
	text = run.ReplaceAllString(text, "${1}"+about+".\n")
	check(os.WriteFile("../performance.md", []byte(text), 0o644))
	check(os.WriteFile("../performance.svg", draw(about, charts), 0o644))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
