package telegramsim

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	maxBatch   = 100
	maxTimeout = 50 * time.Second
	// maxWaiting bounds the updates of a bot that does not poll; the oldest go,
	// as they do at Telegram after a day.
	maxWaiting = 10_000
)

// Update is one update as the bot gets it, update_id included.
type Update struct {
	ID   int64
	JSON json.RawMessage
}

// queue holds the updates that the bot has not confirmed, by ascending id. The
// bot's lock guards it.
type queue struct {
	lastID  int64
	waiting []waiting
}

type waiting struct {
	Update
	again bool // redelivered: to be given out once whatever the offset
}

// add gives an update the next id and returns it.
func (q *queue) add(fields map[string]json.RawMessage) Update {
	q.lastID++
	fields["update_id"] = strconv.AppendInt(nil, q.lastID, 10)
	data, err := json.Marshal(fields)
	if err != nil {
		panic(err) // every field was JSON when it came
	}
	update := Update{ID: q.lastID, JSON: data}
	q.waiting = append(q.waiting, waiting{Update: update})
	if over := len(q.waiting) - maxWaiting; over > 0 {
		q.waiting = slices.Delete(q.waiting, 0, over)
	}
	return update
}

// putBack makes the bot get update once more.
func (q *queue) putBack(update Update) {
	i, waits := slices.BinarySearchFunc(q.waiting, update.ID, func(w waiting, id int64) int {
		return cmp.Compare(w.ID, id)
	})
	if waits {
		q.waiting[i].again = true
		return
	}
	q.waiting = slices.Insert(q.waiting, i, waiting{Update: update, again: true})
}

// confirm forgets what the bot has seen: everything below offset; with a
// negative offset, all but that many of the newest.
func (q *queue) confirm(offset int64) {
	if offset < 0 {
		beyond := max(0, int64(len(q.waiting))+offset)
		q.waiting = slices.Delete(q.waiting, 0, int(beyond))
		return
	}
	q.waiting = slices.DeleteFunc(q.waiting, func(w waiting) bool {
		return w.ID < offset && !w.again
	})
}

// batch returns the oldest updates; they stay until they are confirmed.
func (q *queue) batch(limit int) []json.RawMessage {
	updates := make([]json.RawMessage, 0, min(limit, len(q.waiting)))
	for i := range q.waiting[:cap(updates)] {
		q.waiting[i].again = false
		updates = append(updates, q.waiting[i].JSON)
	}
	return updates
}

var errConflict = &apiError{http.StatusConflict,
	"Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}

// getUpdates is a long poll: it answers as soon as an update waits, and with
// none after the timeout. One that finds nothing ends the one before it.
func getUpdates(ctx context.Context, b *Bot, p Params) (any, error) {
	offset, err := p.integer("offset")
	if err != nil {
		return nil, err
	}
	limit, err := p.integer("limit")
	if err != nil {
		return nil, err
	}
	seconds, err := p.integer("timeout")
	if err != nil {
		return nil, err
	}
	if limit < 1 || limit > maxBatch {
		limit = maxBatch
	}
	timeout := min(time.Duration(seconds)*time.Second, maxTimeout)
	return b.poll(ctx, offset, int(limit), timeout)
}

func (b *Bot) poll(ctx context.Context, offset int64, limit int, timeout time.Duration) ([]json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer context.AfterFunc(b.closing, cancel)()

	b.confirm(offset)
	updates, changed := b.batch(limit)
	if len(updates) > 0 {
		return updates, nil
	}
	replaced := b.replacePoll()
	for {
		select {
		case <-changed:
			if updates, changed = b.batch(limit); len(updates) > 0 {
				return updates, nil
			}
		case <-replaced:
			return nil, errConflict
		case <-ctx.Done():
			return updates, nil
		}
	}
}

func (b *Bot) confirm(offset int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.updates.confirm(offset)
}

// batch returns what waits now, and a channel that is closed at the next change.
func (b *Bot) batch(limit int) ([]json.RawMessage, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.updates.batch(limit), b.changed
}

// replacePoll ends the long poll that hangs, if one does, and returns the
// channel that ends the new one.
func (b *Bot) replacePoll() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.polling != nil {
		close(b.polling)
	}
	b.polling = make(chan struct{})
	return b.polling
}
