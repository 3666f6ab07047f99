package bbtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Bounds of getUpdates, as Telegram has them.
const (
	maxBatch   = 100
	maxTimeout = 50 * time.Second
)

var (
	errNoUpdate = errors.New(`bbtest: an update is a JSON object with an "update_id", such as TextJSON returns`)
	errConflict = apiError{http.StatusConflict,
		"Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
)

// queue holds the updates that the bot has not confirmed, by ascending id. The
// bot's lock guards it.
type queue []*waiting

type waiting struct {
	id    int64
	raw   json.RawMessage
	given bool
}

// Push gives the bot an update, as Telegram writes it, with its next
// getUpdates. The same one pushed again is delivered again, as by Telegram to a
// bot that died before it confirmed it; a library that remembers what it has
// seen, as tgbotapi does while it runs, drops it. The error is about the update.
func (b *Bot) Push(raw []byte) error {
	var content struct {
		ID *int64 `json:"update_id"`
	}
	if err := json.Unmarshal(raw, &content); err != nil {
		return fmt.Errorf("%w: %w: %s", errNoUpdate, err, raw)
	}
	if content.ID == nil {
		return fmt.Errorf("%w: %s", errNoUpdate, raw)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.updates = b.updates.with(&waiting{id: *content.ID, raw: slices.Clone(raw)})
	b.notify()
	return nil
}

// with adds an update behind those with lower and equal ids.
func (q queue) with(added *waiting) queue {
	i, _ := slices.BinarySearchFunc(q, added.id+1, func(u *waiting, id int64) int { return cmp.Compare(u.id, id) })
	return newest(slices.Insert(q, i, added))
}

// confirm forgets what the bot has seen: what it was given with an id below
// offset; with a negative offset, all but that many of the newest.
func (q *queue) confirm(offset int64) {
	if offset < 0 {
		*q = (*q)[max(0, int64(len(*q))+offset):]
		return
	}
	*q = slices.DeleteFunc(*q, func(u *waiting) bool { return u.given && u.id < offset })
}

// batch returns the oldest updates; they stay until they are confirmed.
func (q queue) batch(limit int) []json.RawMessage {
	batch := []json.RawMessage{}
	for _, u := range q[:min(limit, len(q))] {
		u.given = true
		batch = append(batch, u.raw)
	}
	return batch
}

// getUpdates is a long poll: it answers as soon as an update waits, and with
// none after the timeout. One that finds nothing ends the one before it.
func (b *Bot) getUpdates(ctx context.Context, params map[string]string) (json.RawMessage, error) {
	offset, err1 := integer(params, "offset")
	limit, err2 := integer(params, "limit")
	seconds, err3 := integer(params, "timeout")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	if limit < 1 || limit > maxBatch {
		limit = maxBatch
	}
	updates, err := b.poll(ctx, offset, int(limit), min(time.Duration(seconds)*time.Second, maxTimeout))
	if err != nil {
		return nil, err
	}
	return json.Marshal(updates)
}

func (b *Bot) poll(ctx context.Context, offset int64, limit int, timeout time.Duration) ([]json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	b.mu.Lock()
	defer b.mu.Unlock()
	b.updates.confirm(offset)
	var replaced chan struct{}
	for {
		if err := b.failure("getUpdates"); err != nil {
			return nil, err
		}
		updates, changed := b.updates.batch(limit), b.changed
		if len(updates) > 0 || ctx.Err() != nil {
			return updates, nil
		}
		if replaced == nil {
			if b.replaced != nil {
				close(b.replaced)
			}
			replaced = make(chan struct{})
			b.replaced = replaced
		}
		b.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		case <-replaced:
			b.mu.Lock()
			return nil, errConflict
		}
		b.mu.Lock()
	}
}
