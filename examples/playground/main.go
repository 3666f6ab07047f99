// Command playground shows BB Analytics at work without an account, a token or
// a network: the three bot libraries with their adapters, a simulated Telegram
// that they poll, and a BB API that takes nothing but what the contract allows.
//
//	go run ./examples/playground
//
// It plays a conversation with the three bots, prints each event as it arrives,
// and fails if one is missing or counted twice.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("playground", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Bool("headless", true, "play the conversation in the terminal: the only way so far")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	begun := time.Now()
	fmt.Fprint(stdout, "Three bots, a simulated Telegram and a BB API, all on this machine.\n")
	ledger, err := play(ctx, script, settings{out: stdout, patience: 5 * time.Second})
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "\nStopped before the end.")
		return 1
	case err != nil:
		fmt.Fprintln(stderr, "\nplayground:", err)
		return 1
	}
	ledger.print()
	if !ledger.ok() {
		fmt.Fprintln(stdout, "\nFAILED: not every event was counted once.")
		return 1
	}
	fmt.Fprintf(stdout, "\nEvery event arrived and was counted once. (%.1f s)\n", time.Since(begun).Seconds())
	return 0
}
