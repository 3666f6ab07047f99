package bbtelebot

import (
	"sync"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// trackerCache passes the trackers of updates from a tap to the middleware behind
// it, so that an update that both see is observed once. What does not fit, or
// never gets to a handler, is overwritten: the middleware then observes the
// update again, which counts nothing twice.
type trackerCache struct {
	mu    sync.Mutex
	slots [256]slot // more than telebot queues, by update id
}

type slot struct {
	update  bb.Update
	tracker *bb.Tracker
}

func (h *trackerCache) put(u bb.Update, tracker *bb.Tracker) {
	if u.ID == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	*h.slot(u) = slot{u, tracker}
}

// take returns the tracker of exactly this update, once.
func (h *trackerCache) take(u bb.Update) *bb.Tracker {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.slot(u)
	if s.update != u {
		return nil
	}
	tracker := s.tracker
	*s = slot{}
	return tracker
}

func (h *trackerCache) slot(u bb.Update) *slot { return &h.slots[uint64(u.ID)%uint64(len(h.slots))] }
