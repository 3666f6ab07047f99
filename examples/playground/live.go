package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// lookEvery is how often the ledgers of the clients are read.
const lookEvery = 100 * time.Millisecond

var people = []page.Person{ann, boris, carla, dmitri, eve}

// live is a stage whose bots run until the playground is stopped, and a board
// that shows them.
type live struct {
	*stage
	board  *page.Board
	bots   []*liveBot
	folder string // of the outboxes; removed at the end
	guest  guest

	troubling sync.Mutex // held while the API's trouble changes

	unwatch  context.CancelFunc
	watchers sync.WaitGroup
}

// newLive starts everything but the page.
func newLive() (_ *live, err error) {
	l := &live{board: page.NewBoard(cast()), stage: newStage(nil), guest: guest{known: make(map[string]*chats)}}
	l.api.OnRequest = func(r bbtest.Request) { l.board.Requested(libraryOf(r), r) }
	l.api.OnAnswer = func(r bbtest.Request, answered bool) { l.board.Ended(libraryOf(r), r, answered) }
	if l.folder, err = os.MkdirTemp("", "bb-playground-"); err != nil {
		l.close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.unwatch = cancel
	for _, p := range l.players {
		b := newLiveBot(p, l.board, l.folder)
		l.bots = append(l.bots, b)
		if err := b.begin(); err != nil {
			return nil, errors.Join(err, l.stop())
		}
	}
	l.watchers.Go(func() { l.watchLedgers(ctx) })
	return l, nil
}

func cast() page.Cast {
	c := page.Cast{Group: fans, People: people}
	for _, library := range libraries {
		c.Libraries = append(c.Libraries, page.Library{
			Name: library.name, Username: username(library.name),
			Line: codeOf(library.name, "client"), Choice: codeOf(library.name, "ChoiceMade("),
		})
	}
	return c
}

// stop stops the bots, whose clients deliver what they hold to an API that is
// well again.
func (l *live) stop() error {
	l.treat(bbtest.Answer{})
	errs := make([]error, len(l.bots))
	var ending sync.WaitGroup
	for i, b := range l.bots {
		ending.Go(func() { errs[i] = b.finish() })
	}
	ending.Wait()
	l.unwatch()
	l.watchers.Wait()
	l.board.Close()
	l.close()
	return errors.Join(append(errs, os.RemoveAll(l.folder))...)
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

// bot returns one of the playground's own.
func (l *live) bot(library string) (*liveBot, error) {
	if library == ownBot {
		return nil, errors.New("your bot runs in a process of its own: stop and start it there")
	}
	for _, b := range l.bots {
		if b.name == library {
			return b, nil
		}
	}
	return nil, fmt.Errorf("there is no bot %q", library)
}

func person(id int64) (page.Person, error) {
	for _, user := range people {
		if user.ID == id {
			return user, nil
		}
	}
	return page.Person{}, fmt.Errorf("there is nobody with the id %d", id)
}
