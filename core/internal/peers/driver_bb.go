package main

import (
	"context"
	"log/slog"
	"path/filepath"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/memory"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// No measurement is about a full outbox.
const (
	manyEvents = 1 << 40
	manyBytes  = 1 << 60
)

// bbDriver is this library.
type bbDriver struct {
	client  *bb.Client
	tracker *bb.Tracker // a handler has it from its context
}

// config is that of a bot, but for the log.
func config(j job) bb.Config {
	return bb.Config{
		Enabled: true, BaseURL: j.URL, IntegrationKey: "key-of-the-peers-run",
		MaxInFlight: j.InFlight, Timeout: j.Timeout, Logger: slog.New(slog.DiscardHandler),
	}
}

func newBB(j job) (*bbDriver, error) {
	cfg := config(j)
	cfg.Outbox = memory.New(outbox.Bounds{Events: manyEvents, Bytes: manyBytes})
	if j.Driver == bbDisk {
		box, err := bbdisk.Open(filepath.Join(j.Dir, "events"), bbdisk.WithLimits(manyEvents, manyBytes))
		if err != nil {
			return nil, err
		}
		cfg.Outbox = box
	}
	client, err := bb.New(cfg)
	if err != nil {
		return nil, err
	}
	return &bbDriver{client, client.For(7, 7)}, nil
}

// send is one event, with a payload as handlers make it.
func send(tracker *bb.Tracker) {
	tracker.ChoiceMade(bb.Payload{"team_code": "bra", "handler": "choice"})
}

func (d *bbDriver) choice() error {
	send(d.tracker)
	return nil
}

func (d *bbDriver) deliver(n int) (int, error) {
	before := d.client.Stats().Delivered
	for range n {
		send(d.tracker)
	}
	err := d.drain()
	return int(d.client.Stats().Delivered - before), err
}

func (d *bbDriver) drain() error { return d.client.Flush(context.Background()) }
func (d *bbDriver) lost() int    { return int(d.client.Stats().Dropped) }
func (d *bbDriver) close()       { _ = d.client.Close() }
