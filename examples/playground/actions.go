package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/bbapi"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/telegramsim"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

const (
	// silence is the Retry-After of the API's 429.
	silence = 10 * time.Second
	// flushPatience is what "deliver now" waits for: the client tries at once,
	// or a second after it was last asked to.
	flushPatience = 2 * time.Second
)

// modes are what the switch of the API on the page means.
var modes = map[string]struct {
	trouble bbapi.Trouble
	words   string
}{
	"ok":   {bbapi.Trouble{}, "is up"},
	"down": {bbapi.Trouble{Status: http.StatusServiceUnavailable}, "is down: it answers 503"},
	"cut":  {bbapi.Trouble{Cut: true}, "cuts every connection without an answer"},
	"401":  {bbapi.Trouble{Status: http.StatusUnauthorized}, "answers 401, as to a wrong key"},
	"422":  {bbapi.Trouble{Status: http.StatusUnprocessableEntity}, "answers 422, as to events that it will never take"},
	"429":  {bbapi.Trouble{Status: http.StatusTooManyRequests, RetryAfter: silence}, "answers 429, Retry-After: 10 s"},
}

var _ page.Actions = (*live)(nil)

// Say makes a person write to a bot.
func (l *live) Say(library string, user, chat int64, text string) error {
	b, who, err := l.meeting(library, user)
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
	if command, parameter, _ := strings.Cut(text, " "); command == "/start" && parameter != "" {
		b.board.Happened(b.name, "The parameter of /start stays with the bot: it is sent only with Capture.StartParam.")
	}
	what := fmt.Sprintf("%s wrote %q", who.FirstName, shortened(text))
	return b.give(origin{user, chat}, what, func() (telegramsim.Update, error) {
		return b.telegram.SendText(who, where, text), nil
	})
}

// Press makes a person press a button under a message of a bot.
func (l *live) Press(library string, user, chat int64, message int, data string) error {
	b, who, err := l.meeting(library, user)
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

// meeting is a bot and a person, as the page names them.
func (l *live) meeting(library string, user int64) (b *liveBot, who telegramsim.User, err error) {
	if b, err = l.bot(library); err != nil {
		return nil, who, err
	}
	who, err = person(user)
	return b, who, err
}

// shortened is enough of a message to know it by.
func shortened(text string) string {
	const enough = 30
	if runes := []rune(text); len(runes) > enough {
		return string(runes[:enough]) + "…"
	}
	return text
}

// Trouble sets what is wrong with the API.
func (l *live) Trouble(api page.API) error {
	mode, ok := modes[api.Mode]
	if !ok {
		return fmt.Errorf("the API has no mode %q", api.Mode)
	}
	l.troubling.Lock()
	defer l.troubling.Unlock()
	before := l.board.SetAPI(api)
	if before == api {
		return nil
	}
	trouble := mode.trouble
	trouble.Delay = time.Duration(api.Delay) * time.Millisecond
	l.api.SetTrouble(trouble)
	var news []string
	if api.Mode != before.Mode {
		news = append(news, mode.words)
	}
	switch {
	case trouble.Delay > 0:
		news = append(news, fmt.Sprintf("takes %v to answer", trouble.Delay))
	case before.Delay > 0:
		news = append(news, "answers at once again")
	}
	l.board.Happened("", "The API "+strings.Join(news, ", and ")+".")
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
