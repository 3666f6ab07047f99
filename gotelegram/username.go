package bbgotelegram

import (
	"context"
	"runtime"
	"sync"
	"time"
	"weak"

	"github.com/go-telegram/bot"
)

const (
	askEvery   = time.Minute // while the answer is an error
	askTimeout = 10 * time.Second
)

// username is what a bot is called. The library asks for it and throws the
// answer away, so it is asked for again.
type username struct {
	mu    sync.Mutex // guards what follows
	name  string     // "": not known yet
	asked time.Time
}

// usernames has the *username of each weak.Pointer[bot.Bot], for all the
// middlewares of a bot to share. It does not keep bots alive.
var usernames sync.Map

func usernameOf(b *bot.Bot) *username {
	key := weak.Make(b)
	if name, ok := usernames.Load(key); ok {
		return name.(*username)
	}
	name, loaded := usernames.LoadOrStore(key, new(username))
	if !loaded {
		runtime.AddCleanup(b, func(key weak.Pointer[bot.Bot]) { usernames.Delete(key) }, key)
	}
	return name.(*username)
}

// known returns the name, or "" as long as it is not known.
func (n *username) known() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.name
}

// ask has the name fetched in the background, if it is not known and was not
// asked for within the last minute.
func (n *username) ask(b *bot.Bot) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.name != "" || !n.asked.IsZero() && time.Since(n.asked) < askEvery {
		return
	}
	n.asked = time.Now()
	go n.fetch(b)
}

// fetch has a context of its own: the handler's ends with the handler.
func (n *username) fetch(b *bot.Bot) {
	defer func() { _ = recover() }() // the bot's HTTP client is the user's
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	me, err := b.GetMe(ctx)
	if err != nil || me == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.name = me.Username
}
