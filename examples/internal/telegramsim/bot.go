package telegramsim

import (
	"context"
	"slices"
	"sync"
	"time"
)

// maxHistory bounds what a bot's Telegram remembers of each sort: messages,
// calls, button presses.
const maxHistory = 1000

// firstUpdateID is where ids begin: high, like Telegram's own.
const firstUpdateID = 100_000_001

// Bot is one bot's side of Telegram: its updates, its chats and what it did.
// All methods may be called concurrently.
type Bot struct {
	me      User
	closing context.Context // of the server

	mu          sync.Mutex // guards everything below
	updates     queue
	polling     chan struct{} // closed: the hanging getUpdates was replaced
	changed     chan struct{} // closed and renewed when updates or calls grow
	chats       map[int64]Chat
	messages    []*Message // from both sides, oldest first
	lastMessage int
	presses     []string // ids of callback queries, oldest first
	lastPress   int
	calls       []Call
	lastCall    int
}

func newBot(closing context.Context, me User) *Bot {
	return &Bot{
		me:      me,
		closing: closing,
		updates: queue{lastID: firstUpdateID - 1},
		changed: make(chan struct{}),
		chats:   make(map[int64]Chat),
	}
}

// User returns the bot as getMe does.
func (b *Bot) User() User { return b.me }

// Messages returns the messages of all chats, oldest first; of many, the newest
// thousand. The channel is closed when that may have changed.
func (b *Bot) Messages() (messages []Message, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.messages {
		messages = append(messages, *m)
	}
	return messages, b.changed
}

// notify wakes everyone who waits for updates or calls. b.mu is held.
func (b *Bot) notify() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// write adds a message to its chat. b.mu is held, also while the result is used.
func (b *Bot) write(from User, chat Chat, text string) *Message {
	b.lastMessage++
	b.chats[chat.ID] = chat
	message := &Message{
		ID:       b.lastMessage,
		From:     &from,
		Chat:     chat,
		Date:     time.Now().Unix(),
		Text:     text,
		Entities: commandEntities(text),
	}
	b.messages = remember(b.messages, message)
	return message
}

// message returns a message that is still remembered. b.mu is held.
func (b *Bot) message(chatID int64, id int) *Message {
	for _, m := range slices.Backward(b.messages) {
		if m.ID == id && m.Chat.ID == chatID {
			return m
		}
	}
	return nil
}

func remember[T any](history []T, item T) []T {
	history = append(history, item)
	if over := len(history) - maxHistory; over > 0 {
		history = slices.Delete(history, 0, over)
	}
	return history
}
