package main

import (
	"fmt"
	"io"
	"log"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// results are what the benchmarks reported.
type results struct {
	names  []string                // in the order of the output
	values map[[2]string][]float64 // by name and unit; one for each round
	cpu    string
	rounds int
}

func read(output io.Reader) results {
	res := results{values: map[[2]string][]float64{}}
	reader := benchfmt.NewReader(output, "output")
	for reader.Scan() {
		record, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			log.Fatal(reader.Result())
		}
		name := record.Name.String()
		if !slices.Contains(res.names, name) {
			res.names = append(res.names, name)
		}
		for _, v := range record.Values {
			values := append(res.values[[2]string{name, v.Unit}], v.Value)
			res.values[[2]string{name, v.Unit}] = values
			res.rounds = max(res.rounds, len(values))
		}
		res.cpu = record.GetConfig("cpu")
	}
	check(reader.Err())
	return res
}

// table returns a table in Markdown and a chart of its first column. The parts
// of the names, as in driver=lean, come before the columns.
func (r results) table(benchmark string, columns []string) (rows string, c chart) {
	line := func(cells []string) {
		rows += "| " + strings.ReplaceAll(strings.Join(cells, " | "), "÷", " ÷ ") + " |\n"
	}
	c.title = benchmark + ": " + columns[0]
	for _, name := range r.names {
		parts := strings.Split(name, "/")
		if parts[0] != benchmark {
			continue
		}
		var head, cells []string
		for _, part := range parts[1:] {
			key, value, _ := strings.Cut(part, "=")
			head, cells = append(head, key), append(cells, value)
		}
		first := r.quartiles(name, columns[0])
		if first == nil {
			log.Fatalf("%s has no %s", name, columns[0])
		}
		c.labels = append(c.labels, strings.Join(cells, ", "))
		c.values = append(c.values, first[1])
		if rows == "" {
			head = append(head, columns...)
			line(head)
			line(slices.Repeat([]string{"---"}, len(head)))
		}
		for _, column := range columns {
			q := r.quartiles(name, column)
			switch {
			case q == nil:
				cells = append(cells, "–")
			case strings.Contains(column, "÷"):
				cells = append(cells, fmt.Sprintf("%.2f (%.2f–%.2f)", q[1], q[0], q[2]))
			default:
				cells = append(cells, number(q[1]))
			}
		}
		line(cells)
	}
	return rows, c
}

// quartiles returns those of a column, the median in the middle. Ratios are
// taken within each round. nil: there is none.
func (r results) quartiles(name, column string) []float64 {
	unit, part, isRatio := strings.Cut(column, "÷")
	v := slices.Clone(r.values[[2]string{name, unit}])
	if isRatio {
		key, _, _ := strings.Cut(part, "=")
		other := regexp.MustCompile(key+"=[^/]*").ReplaceAllString(name, part)
		divisors := r.values[[2]string{other, unit}]
		v = v[:min(len(v), len(divisors))]
		for i := range v {
			v[i] /= divisors[i]
		}
	}
	n := len(v)
	if n == 0 {
		return nil
	}
	slices.Sort(v)
	return []float64{v[n/4], (v[(n-1)/2] + v[n/2]) / 2, v[n-1-n/4]}
}

// number has three digits, or all before the point.
func number(v float64) string {
	if v < 100 {
		return fmt.Sprintf("%.3g", v)
	}
	return fmt.Sprintf("%.0f", v)
}
