package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// headless plays the script in the terminal and returns the exit code.
func headless(ctx context.Context, stdout, stderr io.Writer) int {
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
