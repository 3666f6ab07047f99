package page

import (
	"slices"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/tally"
)

// Board is what the pages show. All methods may be called concurrently; none
// waits for a page.
type Board struct {
	mu          sync.Mutex // guards everything below
	cast        Cast
	rows        rows
	tally       tally.Tally
	answers     answers
	lines       []Line
	messages    map[string]*Messages // by library
	bots        []Bot
	api         API
	subscribers subscribers
}

// NewBoard returns a Board on which nothing has happened yet.
func NewBoard(cast Cast) *Board {
	return &Board{
		cast:     cast,
		rows:     newRows(),
		answers:  newAnswers(),
		messages: make(map[string]*Messages),
		api:      API{Mode: Modes[0]},
	}
}

// Offer shows where a bot of one's own finds the API and Telegram; "": nowhere.
func (b *Board) Offer(api, telegram string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cast.API, b.cast.Telegram = api, telegram
}

// Logged shows a line of a client's log.
func (b *Board) Logged(line Line) {
	b.mu.Lock()
	defer b.mu.Unlock()
	line.Text = clip(line.Text, maxPayload)
	b.lines = append(b.lines, line)
	b.lines = b.lines[max(0, len(b.lines)-maxLines):]
	b.subscribers.publish("line", line)
}

// ShowMessage shows a message, or its edit.
func (b *Board) ShowMessage(m Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.messages[m.Library] == nil {
		b.messages[m.Library] = new(Messages)
	}
	b.messages[m.Library].Put(m)
	b.subscribers.publish("message", m)
}

// SetBot shows how a bot stands.
func (b *Board) SetBot(bot Bot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.bot(bot.Library)
	if known == nil {
		b.bots = append(b.bots, bot)
	} else {
		if known.Process == bot.Process {
			bot.Silence = known.Silence
		}
		if *known == bot {
			return
		}
		*known = bot
	}
	b.subscribers.publish("bot", bot)
}

// Silent reports whether the API has asked a library's bot for silence, which
// is not over. A new process of the bot does not know of it.
func (b *Board) Silent(library string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	bot := b.bot(library)
	return bot != nil && time.Now().UnixMilli() < bot.Silence
}

// bot returns how a bot stands, nil if nobody has said. b.mu is held.
func (b *Board) bot(library string) *Bot {
	i := slices.IndexFunc(b.bots, func(known Bot) bool { return known.Library == library })
	if i < 0 {
		return nil
	}
	return &b.bots[i]
}

// SetAPI shows what is wrong with the API, and returns what was before.
func (b *Board) SetAPI(api API) (before API) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, b.api = b.api, api
	b.subscribers.publish("api", api)
	return before
}

// subscribe returns everything so far, and every change from then on. The
// channel is closed when the subscriber does not keep up, or the board closes.
func (b *Board) subscribe() (snapshot, <-chan change, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	changes, err := b.subscribers.add()
	if err != nil {
		return snapshot{}, nil, err
	}
	all := snapshot{
		Now:     time.Now().UnixMilli(),
		Cast:    b.cast,
		Rows:    b.rows.copies(),
		Lines:   slices.Clone(b.lines),
		Bots:    slices.Clone(b.bots),
		API:     b.api,
		Answers: b.sum(),
		Limits:  Limits{Rows: maxRows, Lines: maxLines},
	}
	for _, messages := range b.messages {
		all.Messages = append(all.Messages, *messages...)
	}
	return all, changes, nil
}

func (b *Board) unsubscribe(changes <-chan change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscribers.remove(changes)
}

// Close ends every stream.
func (b *Board) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscribers.close()
}
