package bb

import (
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxHeld  = 256              // commands that wait for a name at the same time
	holdTime = 10 * time.Second // how long one waits at most
)

// noName is the name of no bot.
const noName = "@"

// names knows what bots are called whose updates do not say it, and holds commands
// for @somebody back while that is being asked.
type names struct {
	mu    sync.Mutex       // guards what follows
	known map[int64]string // by the bot's id
	held  []*heldCommand
	ended bool // nothing is held any more
}

// heldCommand is an update whose command waits; everything else of it is counted.
type heldCommand struct {
	update  Update
	tracker *Tracker
	look    look
}

// resolve fills in the name of the bot that an update is for. While it is being
// asked for, the command is held, and the update that is left is for another bot.
func (n *names) resolve(u *Update, t *Tracker, look look) {
	if u.BotUsername != "" || u.Kind != "message" || !isAddressed(u.Text) {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	u.BotUsername = n.known[u.BotID]
	if u.BotUsername != "" || !u.NameAsked {
		return
	}
	if len(n.held) < maxHeld && !n.ended {
		look.due = portionRest
		waiting := &heldCommand{*u, t, look}
		n.held = append(n.held, waiting)
		time.AfterFunc(holdTime, func() { n.take(func(h *heldCommand) bool { return h == waiting }) })
	}
	u.BotUsername = noName
}

// learn keeps the name of a bot and returns the commands that waited for it.
func (n *names) learn(bot int64, name string) []*heldCommand {
	n.mu.Lock()
	if n.known == nil {
		n.known = make(map[int64]string)
	}
	n.known[bot] = name
	n.mu.Unlock()
	return n.take(func(h *heldCommand) bool { return h.update.BotID == bot })
}

// take removes commands and returns them.
func (n *names) take(which func(*heldCommand) bool) (taken []*heldCommand) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held = slices.DeleteFunc(n.held, func(h *heldCommand) bool {
		if !which(h) {
			return false
		}
		taken = append(taken, h)
		return true
	})
	return taken
}

// giveUp ends the waiting: what is held is not counted.
func (n *names) giveUp() { n.take(func(*heldCommand) bool { return true }) }

// end is giveUp for good.
func (n *names) end() {
	n.mu.Lock()
	n.ended = true
	n.mu.Unlock()
	n.giveUp()
}

// waiting returns how many events wait.
func (n *names) waiting() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.held)
}

// isAddressed reports whether text may be a command for a certain bot.
func isAddressed(text string) bool {
	if !strings.HasPrefix(text, "/") {
		return false
	}
	end := strings.IndexAny(text, "@ \t\r\n")
	return end >= 0 && text[end] == '@'
}

// Named says what a bot is called. It is for adapters whose library does not say it
// with each update, and that therefore ask; see Update.NameAsked. From then on the
// client knows which commands for @somebody are for this bot, and counts those of
// them that waited.
func (c *Client) Named(botID int64, username string) {
	username = strings.TrimPrefix(username, "@")
	if !c.Enabled() || botID == 0 || username == "" {
		return
	}
	c.parts.bots.learn(botID)
	for _, h := range c.parts.names.learn(botID, username) {
		h.update.BotUsername = username
		c.parts.emit(&h.update, h.tracker, h.look)
	}
}
