package main

import (
	"io"
	"log"
	"strconv"

	ph "github.com/posthog/posthog-go"
	sg "gopkg.in/segmentio/analytics-go.v3"
)

// The other libraries send batches; one event a request is what the API asks
// for, so where that is measured their batch size is 1. They drop events while
// a thousand requests are under way, so deliver lets no more events be
// unsettled than bb has requests in flight.

// peer is a library whose callback tells what became of an event.
type peer struct {
	*settlements
	inFlight int
	enqueue  func(user string) error
	shut     io.Closer
}

func newSegment(j job) (library, error) {
	p := &peer{settlements: newSettlements(), inFlight: j.InFlight}
	c, err := sg.NewWithConfig("key", sg.Config{
		Endpoint: j.URL, BatchSize: j.Batch, Callback: segmentCallback{p.settlements},
		Logger: sg.StdLogger(log.New(io.Discard, "", 0)),
	})
	if err != nil {
		return nil, err
	}
	p.shut = c
	p.enqueue = func(user string) error {
		return c.Enqueue(sg.Track{
			UserId: user, Event: "choice_made",
			Properties: sg.Properties{"team_code": "bra", "handler": "choice"},
		})
	}
	return p, nil
}

func newPosthog(j job) (library, error) {
	p := &peer{settlements: newSettlements(), inFlight: j.InFlight}
	c, err := ph.NewWithConfig("key", ph.Config{
		Endpoint: j.URL, BatchSize: j.Batch, Callback: posthogCallback{p.settlements},
		Logger: ph.StdLogger(log.New(io.Discard, "", 0)),
	})
	if err != nil {
		return nil, err
	}
	p.shut = c
	p.enqueue = func(user string) error {
		return c.Enqueue(ph.Capture{
			DistinctId: user, Event: "choice_made",
			Properties: ph.Properties{"team_code": "bra", "handler": "choice"},
		})
	}
	return p, nil
}

func (p *peer) choice() error {
	p.accept()
	return p.enqueue(strconv.Itoa(7))
}

func (p *peer) deliver(n int) (int, error) {
	before := p.deliveredSoFar()
	for range n {
		p.await(p.inFlight - 1)
		if err := p.choice(); err != nil {
			return 0, err
		}
	}
	p.await(0)
	return p.deliveredSoFar() - before, nil
}

func (p *peer) drain() error {
	p.await(0)
	return nil
}

func (p *peer) close() { _ = p.shut.Close() }

type segmentCallback struct{ s *settlements }

func (c segmentCallback) Success(sg.Message)        { c.s.settle(true) }
func (c segmentCallback) Failure(sg.Message, error) { c.s.settle(false) }

type posthogCallback struct{ s *settlements }

func (c posthogCallback) Success(ph.APIMessage)        { c.s.settle(true) }
func (c posthogCallback) Failure(ph.APIMessage, error) { c.s.settle(false) }
