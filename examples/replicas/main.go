// Command replicas shows three replicas of one bot that share an outbox and a
// throttle in Redis: one of them dies, and nothing is lost or counted twice.
//
//	go run ./examples/replicas
//
// It needs redis-server and nothing else; the BB API is a stand-in. The three
// replicas are clients in this one process. compose.yaml runs a real bot as
// three containers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("replicas", flag.ContinueOnError)
	flags.SetOutput(stderr)
	url := flags.String("redis", "", "use this `URL`, as redis://localhost:6379/0, instead of starting a redis-server")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	own, err := connect(*url)
	if errors.Is(err, exec.ErrNotFound) {
		fmt.Fprintln(stderr, "replicas: redis-server is not installed; on Debian: apt-get install redis-server; or give the -redis of one that runs")
		return 1
	} else if err != nil {
		fmt.Fprintln(stderr, "replicas:", err)
		return 1
	}
	defer own.close()
	defer context.AfterFunc(ctx, func() {
		own.close()
		os.Exit(1)
	})()
	if err := play(stdout, own); err != nil {
		fmt.Fprintln(stderr, "\nreplicas:", err)
		return 1
	}
	fmt.Fprintln(stdout, "\nEvery event arrived and was counted once.")
	return 0
}
