package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Where a few per cent matter, drivers take turns of some ten milliseconds: each
// has its own process, which stays, and they work one after the other, again
// and again. What disturbs the machine for a second then disturbs all of them.

// player is a child that takes turns.
type player struct {
	cmd  *exec.Cmd
	turn io.WriteCloser // a line lets it do its job once
	done *json.Decoder  // its results
}

// play is what a child does for a player: its job once for each line of in.
func play(spec string, in io.Reader, out io.Writer) error {
	j, err := parseJob(spec)
	if err != nil {
		return err
	}
	work := timeDelivery
	if j.Pending > 0 {
		work = timeBacklog
	}
	d, err := newDriver(j)
	if err != nil {
		return err
	}
	defer d.close()
	results := json.NewEncoder(out)
	for turns := bufio.NewScanner(in); turns.Scan(); {
		hangs := time.AfterFunc(childTime, func() { os.Exit(2) })
		c, err := work(j, d)
		hangs.Stop()
		if err != nil {
			return fmt.Errorf("%s: %w", j.Driver, err)
		}
		if err := results.Encode(c); err != nil {
			return err
		}
	}
	return nil
}

// timeDelivery sends j.Events and waits for their delivery.
func timeDelivery(j job, d driver) (cost, error) {
	m, err := startMeter()
	if err != nil {
		return cost{}, err
	}
	got, err := d.deliver(j.Events)
	if err != nil {
		return cost{}, err
	}
	if got != j.Events {
		return cost{}, fmt.Errorf("%d of %d events were delivered", got, j.Events)
	}
	return m.stop(got)
}

func (b *bench) newPlayer(j job) (_ *player, err error) {
	j.Control = b.sink.url
	if j.URL == "" {
		j.URL = b.sink.url
	}
	if j.Dir, err = os.MkdirTemp(b.dir, "player-*"); err != nil {
		return nil, err
	}
	spec, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	p := &player{cmd: exec.CommandContext(b.ctx, b.exe, playRole, string(spec))}
	p.cmd.Stderr = os.Stderr
	if p.turn, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.done = json.NewDecoder(out)
	return p, b.start(p.cmd, clientCPU)
}

func (p *player) play() (c cost, err error) {
	if _, err = io.WriteString(p.turn, "\n"); err != nil {
		return c, err
	}
	if err = p.done.Decode(&c); err != nil {
		err = fmt.Errorf("the child gave no result of its turn, or none within %v: %w", childTime, err)
	}
	return c, err
}

func (p *player) stop() error { return errors.Join(p.turn.Close(), p.cmd.Wait()) }

// takeTurns lets all jobs take turns, after one that warms them up. The result
// has a row per job.
func takeTurns(b *bench, turns int, jobs []job) (results [][]measured[cost], err error) {
	players := make([]*player, len(jobs))
	for i, j := range jobs {
		if players[i], err = b.newPlayer(j); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, players[i].stop()) }()
	}
	results = make([][]measured[cost], len(jobs))
	for turn := range turns + 1 {
		if turn%10 == 0 {
			fmt.Fprintf(os.Stderr, "%s: turn %d of %d\n", b.section, turn, turns)
		}
		for i, p := range players {
			m, err := b.oneTurn(p)
			if err == nil {
				err = honest(jobs[i], m)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", jobs[i].Driver, err)
			}
			if turn > 0 {
				results[i] = append(results[i], m)
			}
		}
	}
	return results, nil
}

func (b *bench) oneTurn(p *player) (m measured[cost], err error) {
	before, err := b.sink.seen()
	if err != nil {
		return m, err
	}
	if m.Result, err = p.play(); err != nil {
		return m, err
	}
	after, err := b.sink.seen()
	if err != nil {
		return m, err
	}
	m.Seen = after.minus(before)
	return m, nil
}

// honest compares what a driver claims with what the sink saw. Requests that
// wait at a gate are seen in one turn and delivered in the next, and some more
// pass before it is shut.
func honest(j job, m measured[cost]) error {
	gap := m.Seen.Requests - m.Result.Events
	if gap != 0 && (j.Pending == 0 || -gap > j.InFlight) {
		return fmt.Errorf("%d events are claimed, the sink saw %d requests", m.Result.Events, m.Seen.Requests)
	}
	return nil
}
