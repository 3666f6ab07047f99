// Command peers measures this library beside raw loops and other libraries that
// do the same work: in one run, against one local sink, in turn. It prints
// Markdown tables and draws them as an SVG. It is a module of its own so that
// nobody inherits its requirements.
//
//	go run . [-quick] [-reps 5] [-only delivery,call] [-svg FILE]
//
// Ratios are the figures to trust: they are taken inside a repetition, so that
// what disturbs the machine for a while disturbs both sides. See bench.go for
// how a run is made.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	if ran, err := child(os.Args[1:]); ran || err != nil {
		exit(err)
	}
	var opts options
	flag.BoolVar(&opts.quick, "quick", false, "every section with so few events that the figures mean little")
	flag.IntVar(&opts.reps, "reps", 5, "repetitions; each measures everything once")
	flag.StringVar(&opts.only, "only", "", "sections to run, by comma: "+strings.Join(sectionNames(), ", "))
	flag.StringVar(&opts.svg, "svg", "", "file to draw the tables into")
	flag.BoolVar(&opts.pin, "pin", true, "give client and sink a CPU each, where that is possible")
	flag.Parse()
	opts.command = strings.Join(append([]string{"go run ."}, os.Args[1:]...), " ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, opts, os.Stdout))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child does what this process was started for by a run, if it was.
func child(args []string) (bool, error) {
	switch {
	case len(args) == 1 && args[0] == sinkRole:
		return true, serveSink(os.Stdin, os.Stdout)
	case len(args) == 2 && args[0] == driveRole:
		return true, drive(args[1], os.Stdout)
	case len(args) == 2 && args[0] == playRole:
		return true, play(args[1], os.Stdin, os.Stdout)
	case len(args) > 0 && !strings.HasPrefix(args[0], "-"):
		return false, errors.New("there are no arguments but flags; -h lists them")
	}
	return false, nil
}
