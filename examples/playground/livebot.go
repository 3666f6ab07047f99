package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// liveBot is a player that the page shows and restarts. Its events wait on disk.
type liveBot struct {
	*player
	board *page.Board

	restarting sync.Mutex // held while a process starts or ends
	current    atomic.Pointer[process]
	finished   bool // no process starts any more
	left       int  // events that were not delivered then
}

// process is one life of a bot.
type process struct {
	number int
	client *bb.Client
}

var (
	errRestarting = errors.New("the bot is being restarted: wait a moment")
	errFinished   = errors.New("the playground is stopping")
	errSilence    = errors.New("the API asked for silence; the client keeps to it")
)

func newLiveBot(p *player, board *page.Board, folder string) *liveBot {
	b := &liveBot{player: p, board: board}
	b.current.Store(&process{})
	p.chats.show = board.ShowMessage
	p.configure = func(cfg *bb.Config) (err error) {
		cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) { // sees just what the client is going to keep
			board.Accepted(p.name, ev)
			return ev, true
		}
		cfg.Logger = slog.New(&clientLog{board, p.name}) // tells what was not sent too
		cfg.OnDrop = func(ev bb.Event, reason bb.DropReason) { board.GaveUp(p.name, ev, reason) }
		cfg.Outbox, err = bbdisk.Open(filepath.Join(folder, p.name))
		return err
	}
	return b
}

// begin starts the bot for the first time.
func (b *liveBot) begin() error {
	b.restarting.Lock()
	defer b.restarting.Unlock()
	return b.launch()
}

// launch starts the next process. b.restarting is held.
func (b *liveBot) launch() error {
	if err := b.start(); err != nil {
		return err
	}
	b.current.Store(&process{number: b.current.Load().number + 1, client: b.client})
	b.look()
	return nil
}

// restart kills the bot and starts it again. Unconfirmed: it died before it
// confirmed the last update to Telegram.
func (b *liveBot) restart(unconfirmed bool) error {
	if !b.restarting.TryLock() {
		return errRestarting
	}
	defer b.restarting.Unlock()
	if b.finished {
		return errFinished
	}
	b.look()
	old := b.current.Load()
	stats := old.client.Stats()
	b.board.SetBot(page.NewBot(b.name, old.number, false, stats))
	b.current.Store(&process{number: old.number})
	if err := b.kill(); err != nil {
		return err
	}
	b.board.Happened(b.name, fmt.Sprintf("Process %d was killed; %s left on disk. Its memory is gone: "+
		"activity may come again within the minute.", old.number, quantity(stats.Pending)))
	if unconfirmed {
		if err := b.redeliver(); err != nil && !errors.Is(err, errNoUpdate) {
			return err
		}
	}
	if err := b.launch(); err != nil {
		return err
	}
	recovered := int(b.client.Stats().Recovered)
	b.board.Happened(b.name, fmt.Sprintf("Process %d started, its counters at 0; %s found on disk.", old.number+1, quantity(recovered)))
	return nil
}

// finish stops the bot for good, and delivers what its client holds.
func (b *liveBot) finish() error {
	b.restarting.Lock()
	defer b.restarting.Unlock()
	b.look()
	b.finished = true
	client := b.client
	err := b.stop()
	b.left = client.Stats().Pending
	return err
}

// flush asks the client to deliver at once.
func (b *liveBot) flush(ctx context.Context) error {
	client := b.current.Load().client
	if client == nil {
		return errRestarting
	}
	if client.Stats().Pending > 0 && b.board.Silent(b.name) {
		return errSilence
	}
	err := client.Flush(ctx)
	switch left := client.Stats().Pending; {
	case err == nil, left == 0:
		return nil
	case b.current.Load().client != client:
		return errRestarting
	case b.board.Silent(b.name): // since that try
		return errSilence
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s left; the client goes on by itself", quantity(left))
	default: // the client says at once that it waits in vain
		return fmt.Errorf("%s left until the API takes the key; nothing is dropped for it", quantity(left))
	}
}

// redeliver makes Telegram deliver the last update once more.
func (b *liveBot) redeliver() error {
	what, err := b.chats.repeat()
	if err != nil {
		return err
	}
	what = fmt.Sprintf("Telegram delivers the bot's last update again: %s.", what)
	if b.name == "tgbotapi" && b.current.Load().client != nil {
		what += " This library drops what it has seen; kill the bot to see it handled again."
	}
	b.board.Happened(b.name, what)
	return nil
}

// look shows the ledger of the bot's client.
func (b *liveBot) look() {
	if p := b.current.Load(); p.client != nil {
		b.board.SetBot(page.NewBot(b.name, p.number, true, p.client.Stats()))
	}
}

// quantity is n events, in words.
func quantity(n int) string {
	if n == 1 {
		return "1 event"
	}
	return fmt.Sprintf("%d events", n)
}
