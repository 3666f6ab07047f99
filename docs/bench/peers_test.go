package bench

import (
	"io"
	"log"
	"testing"

	ph "github.com/posthog/posthog-go"
	sg "gopkg.in/segmentio/analytics-go.v3"
)

// The peers are made for batches. Where the API takes one event a request, as
// BB Analytics does, their batch size is 1. They drop events while a thousand
// requests are under way, so a window bounds what is unanswered.

// A peer gets the callbacks of a library with that type of message.
type peer[message any] struct {
	testing.TB
	window chan struct{} // has a value for each event that is not answered
}

func (p peer[message]) Success(message) { <-p.window }

func (p peer[message]) Failure(_ message, err error) {
	p.Error(err)
	<-p.window
}

// driver returns a driver that is closed with client.
func (p peer[message]) driver(client io.Closer, enqueue func() error) driver {
	p.Cleanup(func() { client.Close() })
	return driver{
		call: func() {
			p.window <- struct{}{}
			check(p, enqueue())
		},
		settle: func() {
			for range cap(p.window) {
				p.window <- struct{}{}
			}
			for range cap(p.window) {
				<-p.window
			}
		},
	}
}

func openSegment(tb testing.TB, o options) driver {
	p := peer[sg.Message]{tb, make(chan struct{}, o.window)}
	client, err := sg.NewWithConfig("key", sg.Config{
		Endpoint: o.url, BatchSize: o.batch, Callback: p, Logger: sg.StdLogger(log.New(io.Discard, "", 0)),
	})
	check(tb, err)
	return p.driver(client, func() error {
		return client.Enqueue(sg.Track{
			UserId: "7", Event: "choice_made",
			Properties: sg.Properties{"team_code": "bra", "handler": "choice"},
		})
	})
}

func openPosthog(tb testing.TB, o options) driver {
	p := peer[ph.APIMessage]{tb, make(chan struct{}, o.window)}
	client, err := ph.NewWithConfig("key", ph.Config{
		Endpoint: o.url, BatchSize: o.batch, Callback: p, Logger: ph.StdLogger(log.New(io.Discard, "", 0)),
	})
	check(tb, err)
	return p.driver(client, func() error {
		return client.Enqueue(ph.Capture{
			DistinctId: "7", Event: "choice_made",
			Properties: ph.Properties{"team_code": "bra", "handler": "choice"},
		})
	})
}
