package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// playground is a stage, and the count of what comes of the script.
type playground struct {
	*stage
	ledger *ledger
}

// settings of a playground.
type settings struct {
	out       io.Writer
	patience  time.Duration                   // for what must come of a step
	aroundAPI func(http.Handler) http.Handler // how tests break the API; nil: not
}

// play plays the script and returns what the API counted. The error is about
// the playground itself; missing events show in the ledger.
func play(ctx context.Context, script []step, s settings) (*ledger, error) {
	p := &playground{stage: newStage(s.aroundAPI), ledger: newLedger(s.out)}
	defer p.close()
	p.api.OnRequest = p.ledger.record
	err := p.start()
	if err == nil {
		err = p.play(ctx, script, s.patience)
	}
	return p.ledger, errors.Join(err, p.stop())
}

// play makes one step happen after the other. Events that do not come are left
// to the ledger: the rest of the script goes on without them.
func (p *playground) play(ctx context.Context, script []step, patience time.Duration) error {
	for i, step := range script {
		p.ledger.say("\n%d. %s\n", i+1, step.title)
		for _, player := range p.players {
			p.ledger.expect(player.name, step.counted, step.again)
		}
		err := p.await(ctx, step, patience)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errMissing):
			p.ledger.say("   ... and nothing more within %v\n", patience)
		case err != nil:
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

var errMissing = errors.New("events are missing")

// await makes a step happen and waits for its events.
func (p *playground) await(ctx context.Context, step step, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := step.happens(ctx, p); err != nil {
		return err
	}
	if p.ledger.await(ctx, p.ledger.settled) != nil {
		return errMissing
	}
	return nil
}

func (p *playground) start() error {
	for _, player := range p.players {
		if err := player.start(); err != nil {
			return err
		}
	}
	return nil
}

// stop stops the bots. What their clients hold is delivered first, even if the
// script was interrupted in an outage.
func (p *playground) stop() error {
	p.treat(bbtest.Answer{})
	var errs []error
	for _, player := range p.players {
		errs = append(errs, player.stop())
	}
	return errors.Join(errs...)
}
