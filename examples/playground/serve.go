package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/tally"
)

// addresses are where the page is served and, unless they are "", the API and
// Telegram for bots of one's own.
type addresses struct{ page, api, telegram string }

// serve runs the bots and their page until ctx ends, and then says what was
// counted.
func serve(ctx context.Context, at addresses, stdout io.Writer) error {
	l, err := newLive()
	if err != nil {
		return err
	}
	ports, err := l.open(at, stdout)
	if err == nil {
		fmt.Fprint(stdout, "Ctrl-C stops everything.\n")
		<-ctx.Done()
		fmt.Fprint(stdout, "\nStopping. What waits is delivered first.\n")
	}
	stopErr := l.stop()
	for _, port := range ports {
		port.close()
	}
	if err == nil {
		l.summary(stdout)
	}
	return errors.Join(err, stopErr)
}

// open serves what is asked for, and prints where.
func (l *live) open(at addresses, stdout io.Writer) (ports []*port, err error) {
	serve := func(what, flag, address string, handler http.Handler) (url string) {
		if err != nil || address == "" {
			return ""
		}
		var p *port
		if p, err = open(address, handler); err != nil {
			err = fmt.Errorf("cannot serve %s: %w; try %s %s", what, err, flag, another(address))
			return ""
		}
		ports = append(ports, p)
		return p.URL
	}
	host, _, _ := net.SplitHostPort(at.page)
	api := serve("the API", "-api", at.api, l.api)
	telegram := serve("Telegram", "-telegram", at.telegram, l.guest.telegram(l.telegram, l.board))
	l.board.Offer(api, telegram)
	site := serve("the page", "-listen", at.page, page.New(l.board, l, host))
	if err != nil {
		return ports, err
	}
	fmt.Fprintf(stdout, "Three bots, a simulated Telegram and a BB API, all on this machine.\n\n  Open %s\n\n", site)
	if api != "" {
		fmt.Fprintf(stdout, "The page also shows the events of a bot of your own that is started with\n\n"+
			"  BB_ANALYTICS_ENABLED=true\n  BB_API_BASE_URL=%s\n  BB_INTEGRATION_KEY=playground\n\n", api)
	}
	if telegram != "" {
		fmt.Fprintf(stdout, "The page writes to a bot of your own whose Bot API is\n\n  %s\n\n"+
			"instead of https://api.telegram.org, with any token: 42:any.\n\n", telegram)
	}
	return ports, nil
}

// summary prints what the API counted, and what it did not get.
func (l *live) summary(out io.Writer) {
	totals := l.board.Totals()
	if len(totals) == 0 {
		fmt.Fprint(out, "The API saw no event.\n")
		return
	}
	fmt.Fprintf(out, "\n%-12s  %7s  %5s  %7s  %9s\n", "library", "counted", "again", "refused", "not taken")
	for _, t := range totals {
		fmt.Fprintf(out, "%-12s  %7d  %5d  %7d  %9d\n", t.Library,
			t.N[tally.Counted], t.N[tally.Again], t.N[tally.Refused], t.N[tally.NotTaken])
	}
	left := 0
	for _, b := range l.bots {
		left += b.left
	}
	if left > 0 {
		fmt.Fprintf(out, "\n%s could not be delivered before the end.\n", quantity(left))
		return
	}
	fmt.Fprint(out, "\nNothing is left waiting.\n")
}
