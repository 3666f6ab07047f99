package main

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// guest is the bot of one's own that uses the playground's Telegram: the one that
// called it last.
type guest struct {
	mu    sync.Mutex        // guards what follows
	known map[string]*chats // by token
	last  *chats
}

var errNoGuest = errors.New("your bot has not called this Telegram yet: start it with the address and any token")

// chats returns what people and the guest write to each other.
func (g *guest) chats() (*chats, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last == nil {
		return nil, errNoGuest
	}
	return g.last, nil
}

// telegram is a Telegram whose callers are guests.
func (g *guest) telegram(telegram *bbtest.BotAPI, board *page.Board) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, _ := strings.CutPrefix(r.URL.Path, "/bot")
		token, _, _ := strings.Cut(path, "/")
		g.arrives(token, telegram, board)
		telegram.ServeHTTP(w, r)
	})
}

// arrives takes up the chats with the bot of a token that is new, if it looks like one.
func (g *guest) arrives(token string, telegram *bbtest.BotAPI, board *page.Board) {
	number, _, _ := strings.Cut(token, ":")
	if _, err := strconv.ParseInt(number, 10, 64); err != nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if again := g.known[token]; again != nil {
		g.last = again
		return
	}
	bot := telegram.Bot(token)
	bot.Username = "your_own_bot"
	g.last = newChats(ownBot, bot)
	g.last.show = board.ShowMessage
	g.known[token] = g.last
	board.Happened(ownBot, "It has called this Telegram: choose it in the chat and write to it.")
}
