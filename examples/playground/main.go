// Command playground shows BB Analytics at work without an account, a token or
// a network: the three bot libraries with their adapters, a simulated Telegram
// that they poll, and a BB API that takes nothing but what the contract allows.
//
//	go run ./examples/playground
//
// It serves a page on which you write to the bots, see each event arrive, and
// make trouble: an API that is down, a bot that is killed. With -headless it
// plays a conversation in the terminal instead, and fails if an event is
// missing or counted twice.
//
// With -api :8001 the page also shows the events of a bot of your own: start it
// with BB_API_BASE_URL=http://localhost:8001 and any integration key. With
// -telegram :8002 you write to it on the page: give it http://localhost:8002 as the
// address of the Bot API, and a made-up token such as 42:any.
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("playground", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:7070", "`address` of the page; without a host it is this machine only")
	api := flags.String("api", "", "`address` of the API for a bot of your own, such as :8001; 0.0.0.0:8001 for one in a container")
	telegram := flags.String("telegram", "", "`address` of the Telegram for a bot of your own, such as :8002; 0.0.0.0:8002 for one in a container; it takes any token")
	terminal := flags.Bool("headless", false, "play a conversation in the terminal, without the page")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	switch {
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "playground: %q is no flag; see -help\n", flags.Arg(0))
		return 2
	case *terminal && *api+*telegram != "":
		fmt.Fprintln(stderr, "playground: -api and -telegram are for a bot beside the page: leave out -headless")
		return 2
	case *terminal:
		return headless(ctx, stdout, stderr)
	}
	if err := serve(ctx, addresses{*listen, *api, *telegram}, stdout); err != nil {
		fmt.Fprintln(stderr, "playground:", err)
		return 1
	}
	return 0
}
