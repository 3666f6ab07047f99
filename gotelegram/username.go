package bbgotelegram

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
	"weak"

	"github.com/go-telegram/bot"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

const (
	askEvery   = time.Minute // while the answer is an error
	askTimeout = 10 * time.Second
)

// username is what a bot is called. The library asks for it and throws the
// answer away, so it is asked for again.
type username struct {
	mu      sync.Mutex // guards what follows
	name    string     // "": not known yet
	asked   time.Time
	clients []*bb.Client // who wants to know
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

// tell gives client the name as soon as it is known. It asks Telegram in the
// background, at most once a minute.
func (n *username) tell(b *bot.Bot, client *bb.Client) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.name != "" {
		client.Named(botID(b), n.name)
		return
	}
	if !slices.Contains(n.clients, client) {
		n.clients = append(n.clients, client)
	}
	if n.asked.IsZero() || time.Since(n.asked) >= askEvery {
		n.asked = time.Now()
		go n.fetch(b)
	}
}

// fetch has a context of its own: the handler's ends with the handler.
func (n *username) fetch(b *bot.Bot) {
	defer func() { _ = recover() }() // the bot's HTTP client is the user's
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	me, err := b.GetMe(ctx)
	if err != nil || me == nil || me.Username == "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.name = me.Username
	for _, client := range n.clients {
		client.Named(botID(b), n.name)
	}
	n.clients = nil
}
