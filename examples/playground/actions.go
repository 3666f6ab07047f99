package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
)

// flushPatience is what "deliver now" waits for: the client tries at once, or a
// second after it was last asked to.
const flushPatience = 2 * time.Second

// modes are what the switch of the API on the page means.
var modes = map[string]struct {
	answer bbtest.Answer
	words  string
}{
	"ok":   {bbtest.Answer{}, "is up"},
	"down": {bbtest.Answer{Status: http.StatusServiceUnavailable}, "is down: it answers 503"},
	"cut":  {bbtest.Answer{Status: http.StatusServiceUnavailable, Cut: true}, "cuts every connection without an answer"},
	"401":  {bbtest.Answer{Status: http.StatusUnauthorized}, "answers 401, as to a wrong key"},
	"422":  {bbtest.Answer{Status: http.StatusUnprocessableEntity}, "answers 422, as to events that it will never take"},
	"429":  {bbtest.Answer{Status: http.StatusTooManyRequests, RetryAfter: "10"}, "answers 429, Retry-After: 10 s"},
}

var _ page.Actions = (*live)(nil)

// Say makes a person write to a bot.
func (l *live) Say(library string, user, chat int64, text string) error {
	chats, who, err := l.meeting(library, user)
	if err != nil {
		return err
	}
	if chat != who.ID && chat != fans.ID {
		return fmt.Errorf("%s is not in a chat with the id %d", who.Name, chat)
	}
	if command, parameter, _ := strings.Cut(text, " "); command == "/start" && parameter != "" && library != ownBot {
		what := "The parameter of /start stays with the bot: Capture.StartParams has not its prefix."
		if strings.HasPrefix(parameter, campaign) {
			what = "The parameter of /start is sent: Capture.StartParams has its prefix, " + campaign + "."
		}
		l.board.Happened(library, what)
	}
	return chats.say(who, chat, text)
}

// Press makes a person press a button under a message of a bot.
func (l *live) Press(library string, user, chat int64, message int, data string) error {
	chats, who, err := l.meeting(library, user)
	if err != nil {
		return err
	}
	return chats.press(who, chat, message, data)
}

// Act makes a person pay, get the money back, or block a bot.
func (l *live) Act(library string, user int64, act string) error {
	chats, who, err := l.meeting(library, user)
	if err != nil {
		return err
	}
	return chats.act(who, act)
}

// meeting is the chats of a bot and a person, as the page names them.
func (l *live) meeting(library string, user int64) (chats *chats, who page.Person, err error) {
	if chats, err = l.chatsOf(library); err != nil {
		return nil, who, err
	}
	who, err = person(user)
	return chats, who, err
}

func (l *live) chatsOf(library string) (*chats, error) {
	if library == ownBot {
		return l.guest.chats()
	}
	b, err := l.bot(library)
	if err != nil {
		return nil, err
	}
	return b.chats, nil
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
	answer := mode.answer
	answer.Delay = time.Duration(api.Delay) * time.Millisecond
	l.treat(answer)
	var news []string
	if api.Mode != before.Mode {
		news = append(news, mode.words)
	}
	switch {
	case answer.Delay > 0:
		news = append(news, fmt.Sprintf("takes %v to answer", answer.Delay))
	case before.Delay > 0:
		news = append(news, "answers at once again")
	}
	l.board.Happened("", "The API "+strings.Join(news, ", and ")+".")
	return nil
}

// Redeliver makes Telegram deliver a bot's last update once more.
func (l *live) Redeliver(library string) error {
	if library == ownBot {
		chats, err := l.guest.chats()
		if err == nil {
			_, err = chats.repeat()
		}
		return err
	}
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

// Flush makes a bot's client deliver at once what waits.
func (l *live) Flush(ctx context.Context, library string) error {
	b, err := l.bot(library)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, flushPatience)
	defer cancel()
	return b.flush(ctx)
}
