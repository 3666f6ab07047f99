package page

import "slices"

// maxMessages bounds the messages that are kept of each bot.
const maxMessages = 300

// Messages are the newest messages of the chats with one bot, oldest first.
type Messages []Message

// Put adds a message, or replaces the one that it is an edit of.
func (ms *Messages) Put(m Message) {
	i := slices.IndexFunc(*ms, func(known Message) bool { return known.Chat == m.Chat && known.ID == m.ID })
	if i >= 0 {
		(*ms)[i] = m
		return
	}
	*ms = append(*ms, m)
	*ms = (*ms)[max(0, len(*ms)-maxMessages):]
}
