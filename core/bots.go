package bb

import (
	"sync/atomic"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
)

const (
	warnNoBot = "bb: an update does not say whose it is, as from an adapter whose api is nil: " +
		"if Telegram delivers it again after a restart, its events count again; give the adapter its bot"
	warnWhichBot = "bb: updates of several bots come, and one does not say whose it is: " +
		"its events may take the keys of another bot's; give each adapter its bot"
)

// bots knows of which bots updates came, and which were introduced. Where one does
// not say whose it is, the only bot stands in.
type bots struct {
	log   *callbacks.Log
	known atomic.Int64 // the only bot; 0: none yet; severalBots
}

const severalBots = -1

// only returns the only bot, or 0.
func (b *bots) only() int64 { return max(b.known.Load(), 0) }

// fillIn fills in the bot of an update that does not say it, and else learns it.
func (b *bots) fillIn(u *Update) {
	if u.BotID != 0 {
		b.learn(u.BotID)
		return
	}
	u.BotID = b.only()
	if u.BotID == 0 && (u.ID != 0 || partOf(u) != (part{})) { // else it has no key to hold
		b.warn()
	}
}

func (b *bots) learn(id int64) {
	if b.known.Load() != id && !b.known.CompareAndSwap(0, id) && b.known.Load() != id {
		b.known.Store(severalBots)
	}
}

func (b *bots) warn() {
	if b.known.Load() == severalBots {
		b.log.Once(warnWhichBot)
	} else {
		b.log.Once(warnNoBot)
	}
}
