// Command doctor finds out why events do not arrive. It reads the three
// variables as a bot does, looks at each step of the way to the BB API in the
// order in which one would, and says what to fix.
//
//	go run github.com/silverbranch/bb-telegram-analytics-go/examples/doctor@latest
//
// -dir and -redis look at the outbox too. Run it where the bot runs, with the same
// environment. It creates no event,
// unless -send asks for one, and never shows the integration key.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

const program = "github.com/silverbranch/bb-telegram-analytics-go/examples/doctor"

const usage = `doctor looks at each step of the way from this process to the BB API and says
what to fix. It reads BB_ANALYTICS_ENABLED, BB_API_BASE_URL, BB_INTEGRATION_KEY
and BB_OUTBOX_DIR, as a bot does, and the usual proxy variables.

Run it where the bot runs, with the same environment and as the same user. Where
there is no Go, as in a container or on a VPS, build it elsewhere:

    CGO_ENABLED=0 GOOS=linux go install ` + program + `@latest

and copy it there from the folder bin of what go env GOPATH prints.

It creates no event unless -send is given, and never shows the key.

Exit code: 0 all is well, or warnings only; 1 a problem; 2 wrong usage.

`

const (
	minTimeout = 100 * time.Millisecond
	maxTimeout = time.Minute
	// patience is how many timeouts the whole examination may take.
	patience = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run takes the environment of the process, as bb.ConfigFromEnv and net/http
// do: another one would not be the bot's.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	send := flags.Bool("send", false, "also send one event twice under one key, "+testEvent+"; it will show in\nthe dashboard, and has to count once")
	dir := flags.String("dir", "", "`folder` of the outbox; by default the one of BB_OUTBOX_DIR, if that is set")
	redis := flags.String("redis", "", "`URL` of the Redis of replicas, such as redis://localhost:6379/0")
	timeout := flags.Duration("timeout", bb.DefaultTimeout, "what one request may take, as bb.Config.Timeout; all steps together\ntake about three times that at most")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	switch {
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "doctor: %q is no flag; see -h\n", flags.Arg(0))
		return 2
	case *timeout < minTimeout || *timeout > maxTimeout:
		fmt.Fprintf(stderr, "doctor: -timeout is %v; set it between %v and %v\n", *timeout, minTimeout, maxTimeout)
		return 2
	}
	ctx, cancel := context.WithTimeout(ctx, patience**timeout)
	defer cancel()

	fmt.Fprint(stdout, "The way of an event from here to the BB API:\n\n")
	c := newCheckup(*timeout, *dir, *redis)
	r := &report{out: stdout, key: c.key}
	todo := slices.Concat(steps, c.outboxSteps())
	if *send {
		todo = append(todo, sendStep)
	}
	defer c.client.Close()
	defer c.again.Close()
	err := walk(ctx, c, todo, r)
	r.conclude(err, *send)
	if r.problems > 0 || err != nil {
		return 1
	}
	return 0
}
