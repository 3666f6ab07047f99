package main

import (
	"context"
	"fmt"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// lookEvery is how often the ledgers of the clients are read.
const lookEvery = 100 * time.Millisecond

// watch finds in a client's ledger what the client did not send: throttled
// events and duplicates are counted there, and seen nowhere else.
type watch struct {
	process int
	seen    bb.Stats
	given   map[origin]bool // of the bot's updates since the ledger last moved
}

// look shows the ledger of the bot's client, and what it held back.
func (b *liveBot) look() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readLedger()
}

// readLedger is look with b.mu held.
func (b *liveBot) readLedger() {
	p := b.current.Load()
	if p.client == nil {
		return
	}
	stats := p.client.Stats()
	b.board.SetBot(page.NewBot(b.name, p.number, true, stats))

	if b.process != p.number {
		b.process, b.seen = p.number, bb.Stats{}
	}
	throttled, duplicates := stats.Throttled-b.seen.Throttled, stats.Duplicates-b.seen.Duplicates
	moved := stats.Received != b.seen.Received || throttled > 0 || duplicates > 0
	b.seen = stats
	from := b.source()
	if moved {
		clear(b.given)
	}
	if throttled > 0 {
		b.board.HeldBack(b.name, times(throttled, bb.EventActivity), page.Throttled,
			"not sent: one a minute", from.user, from.chat)
	}
	if duplicates > 0 {
		b.board.HeldBack(b.name, quantity(int(duplicates)), page.Duplicate,
			"not sent: key known", from.user, from.chat)
	}
}

// source is whose events moved the ledger, as far as that is certain.
func (w *watch) source() origin {
	if len(w.given) == 1 {
		for only := range w.given {
			return only
		}
	}
	return origin{}
}

// watchLedgers looks at the clients until ctx ends.
func (l *live) watchLedgers(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			for _, b := range l.bots {
				b.look()
			}
		case <-ctx.Done():
			return
		}
	}
}

func times(n uint64, name string) string {
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%d × %s", n, name)
}

// quantity is n events, in words.
func quantity(n int) string {
	if n == 1 {
		return "1 event"
	}
	return fmt.Sprintf("%d events", n)
}
