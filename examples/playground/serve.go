package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/tally"
)

// serve runs the bots and their page until ctx ends, and then says what was
// counted. With api it also serves the API there, for bots of one's own.
func serve(ctx context.Context, listen, api string, stdout io.Writer) error {
	l, err := newLive()
	if err != nil {
		return err
	}
	ports, err := l.open(listen, api, stdout)
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

// open serves the page and, if asked for, the API, and prints where.
func (l *live) open(listen, api string, stdout io.Writer) (ports []*port, err error) {
	if api != "" {
		own, err := open(api, l.api)
		if err != nil {
			return nil, fmt.Errorf("cannot serve the API: %w; choose another address with -api, or any free one with -api 127.0.0.1:0", err)
		}
		l.board.OfferAPI(own.URL)
		ports = append(ports, own)
	}
	host, _, _ := net.SplitHostPort(listen)
	site, err := open(listen, page.New(l.board, l, host))
	if err != nil {
		return ports, fmt.Errorf("cannot serve the page: %w; choose another address with -listen, or any free one with -listen 127.0.0.1:0", err)
	}
	ports = append(ports, site)

	fmt.Fprintf(stdout, "Three bots, a simulated Telegram and a BB API, all on this machine.\n\n  Open %s\n\n", site.URL)
	if api != "" {
		fmt.Fprintf(stdout, "The page also shows the events of a bot of your own that is started with\n\n"+
			"  BB_ANALYTICS_ENABLED=true\n  BB_API_BASE_URL=%s\n  BB_INTEGRATION_KEY=playground\n\n", ports[0].URL)
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
