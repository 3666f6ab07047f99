package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/bbapi"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/telegramsim"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

const (
	// silence is the Retry-After of the API's 429.
	silence = 10 * time.Second
	// flushPatience is what "deliver now" waits: longer than two tries.
	flushPatience = 3 * time.Second
)

// modes are what the switch of the API on the page means.
var modes = map[string]struct {
	trouble bbapi.Trouble
	words   string
}{
	"ok":   {bbapi.Trouble{}, "up"},
	"down": {bbapi.Trouble{Status: http.StatusServiceUnavailable}, "down: it answers 503"},
	"cut":  {bbapi.Trouble{Cut: true}, "cutting every connection without an answer"},
	"401":  {bbapi.Trouble{Status: http.StatusUnauthorized}, "answering 401, as to a wrong key"},
	"422":  {bbapi.Trouble{Status: http.StatusUnprocessableEntity}, "answering 422, as to events that it will never take"},
	"429":  {bbapi.Trouble{Status: http.StatusTooManyRequests, RetryAfter: silence}, "answering 429, Retry-After: 10 s"},
}

var _ page.Actions = (*live)(nil)

// Say makes a person write to a bot.
func (l *live) Say(library string, user, chat int64, text string) error {
	b, err := l.bot(library)
	if err != nil {
		return err
	}
	who, err := person(user)
	if err != nil {
		return err
	}
	where := who.Chat()
	switch chat {
	case where.ID:
	case fans.ID:
		where = fans
	default:
		return fmt.Errorf("%s is not in a chat with the id %d", who.FirstName, chat)
	}
	return b.give(origin{user, chat}, who.FirstName+" wrote", func() (telegramsim.Update, error) {
		return b.telegram.SendText(who, where, text), nil
	})
}

// Press makes a person press a button under a message of a bot.
func (l *live) Press(library string, user, chat int64, message int, data string) error {
	b, err := l.bot(library)
	if err != nil {
		return err
	}
	who, err := person(user)
	if err != nil {
		return err
	}
	on := telegramsim.Message{ID: message, Chat: telegramsim.Chat{ID: chat}}
	return b.give(origin{user, chat}, who.FirstName+" pressed a button", func() (telegramsim.Update, error) {
		press, err := b.telegram.Press(who, on, data)
		if err != nil {
			return press, fmt.Errorf("the button is gone: %w", err)
		}
		return press, nil
	})
}

// Trouble sets what is wrong with the API.
func (l *live) Trouble(api page.API) error {
	mode, ok := modes[api.Mode]
	if !ok {
		return fmt.Errorf("the API has no mode %q", api.Mode)
	}
	trouble, words := mode.trouble, mode.words
	if trouble.Delay = time.Duration(api.Delay) * time.Millisecond; trouble.Delay > 0 {
		words += fmt.Sprintf(", after %v", trouble.Delay)
	}
	l.api.SetTrouble(trouble)
	l.board.SetAPI(api)
	l.board.Happened("", "The API is now "+words+".")
	return nil
}

// Redeliver has Telegram deliver a bot's last update once more.
func (l *live) Redeliver(library string) error {
	b, err := l.bot(library)
	if err != nil {
		return err
	}
	return b.redeliver()
}

// Restart kills a bot and starts it again.
func (l *live) Restart(library string, unconfirmed bool) error {
	b, err := l.bot(library)
	if err != nil {
		return err
	}
	return b.restart(unconfirmed)
}

// Flush has a bot's client deliver at once what waits.
func (l *live) Flush(ctx context.Context, library string) error {
	b, err := l.bot(library)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, flushPatience)
	defer cancel()
	return b.flush(ctx)
}
