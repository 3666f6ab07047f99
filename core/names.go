package bb

import (
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
)

const (
	maxHeld  = 256              // commands that wait for a name at the same time
	holdTime = 10 * time.Second // how long one waits at most
)

// noName is the name of no bot.
const noName = "@"

// names knows what bots are called whose updates do not say it, and holds commands
// for @somebody back while that is being asked. What is held is no event yet.
type names struct {
	log *callbacks.Log

	mu    sync.Mutex       // guards what follows
	known map[int64]string // by the bot's id
	held  []*heldCommand
}

// heldCommand is an update whose command waits; everything else of it is counted.
type heldCommand struct {
	update  Update
	tracker *Tracker
	look    look
}

// nameOf returns the name of a bot; "": it is not known.
func (n *names) nameOf(bot int64) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known[bot]
}

// hold holds a command while the name of the bot is being asked for, and the update
// that is left is for another bot.
func (n *names) hold(u *Update, t *Tracker, look look) {
	if !u.NameAsked || !u.lacksName() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if u.BotUsername = n.known[u.BotID]; u.BotUsername != "" { // since a moment ago
		return
	}
	if len(n.held) < maxHeld {
		look.due = portionRest
		waiting := &heldCommand{*u, t, look}
		n.held = append(n.held, waiting)
		time.AfterFunc(holdTime, func() { n.expire(waiting) })
	} else {
		n.miss()
	}
	u.BotUsername = noName
}

// learn keeps the name of a bot and returns the commands that waited for it.
func (n *names) learn(bot int64, name string) (waited []*heldCommand) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil {
		n.known = make(map[int64]string)
	}
	n.known[bot] = name
	n.held = slices.DeleteFunc(n.held, func(h *heldCommand) bool {
		if h.update.BotID != bot {
			return false
		}
		waited = append(waited, h)
		return true
	})
	return waited
}

// expire ends the waiting of a command, if it still waits.
func (n *names) expire(h *heldCommand) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if i := slices.Index(n.held, h); i >= 0 {
		n.held = slices.Delete(n.held, i, i+1)
		n.miss()
	}
}

func (n *names) miss() {
	n.log.Once("bb: commands for @somebody are not counted while it is not known what the bot is called",
		slog.String("remedy", "see why getMe fails; or tell the adapter the name, as with WithUsername of bbgotelegram"))
}

// lacksName reports whether the meaning of an update depends on the name of the bot,
// and has none.
func (u *Update) lacksName() bool {
	return u.BotUsername == "" && u.Kind == "message" && isAddressed(u.Text)
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
