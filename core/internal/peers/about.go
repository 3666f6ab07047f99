package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// about is what a figure means nothing without.
type about struct{ date, machine, command, pinning string }

func describe(command string, pinned bool) about {
	a := about{
		date:    time.Now().Format(time.DateOnly),
		machine: fmt.Sprintf("%s, %d CPUs, %s, %s/%s", cpuModel(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH),
		command: command,
		pinning: "client and sink share all CPUs",
	}
	if pinned {
		a.pinning = "the client has one CPU to itself, the sink another"
	}
	return a
}

func (a about) writeMarkdown(w io.Writer) {
	fmt.Fprintf(w, "%s; %s. `%s` in core/internal/peers; %s.\n"+
		"Figures are medians; a ratio is the median of the ratios within each repetition or turn (quartiles). "+
		"CPU is user and system time of the client process.\n", a.date, a.machine, a.command, a.pinning)
}

// cpuModel asks Linux; other systems have no file to read it from.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}
