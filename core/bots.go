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

// bots knows of which bots updates came. Where one does not say whose it is, the
// only bot stands in.
type bots struct {
	log   *callbacks.Log
	known atomic.Int64 // the only bot; 0: none yet; severalBots
}

const severalBots = -1

// only returns the only bot, or 0.
func (b *bots) only() int64 { return max(b.known.Load(), 0) }

// learn takes the bot of an update, or fills it in.
func (b *bots) learn(u *Update) {
	if u.BotID == 0 {
		u.BotID = b.only()
		if u.BotID == 0 && u.ID != 0 { // else it has no key to hold
			b.warn()
		}
		return
	}
	if b.known.Load() != u.BotID && !b.known.CompareAndSwap(0, u.BotID) && b.known.Load() != u.BotID {
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
