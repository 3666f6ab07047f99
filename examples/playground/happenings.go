package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/page"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/playground/tally"
)

// each makes something happen to every bot.
func each(happens func(context.Context, *player) error) func(context.Context, *playground) error {
	return func(ctx context.Context, p *playground) error {
		for _, player := range p.players {
			if err := happens(ctx, player); err != nil {
				return fmt.Errorf("%s: %w", player.name, err)
			}
		}
		return nil
	}
}

func inOrder(happenings ...func(context.Context, *playground) error) func(context.Context, *playground) error {
	return func(ctx context.Context, p *playground) error {
		for _, happens := range happenings {
			if err := happens(ctx, p); err != nil {
				return err
			}
		}
		return nil
	}
}

func writes(who page.Person, chat int64, text string) func(context.Context, *player) error {
	return func(_ context.Context, p *player) error {
		return p.chats.say(who, chat, text)
	}
}

func acts(who page.Person, act string) func(context.Context, *player) error {
	return func(_ context.Context, p *player) error { return p.chats.act(who, act) }
}

// callsBot is a /start in a group, where Telegram's apps add the bot's name.
func callsBot(who page.Person, group int64) func(context.Context, *player) error {
	return func(ctx context.Context, p *player) error {
		return writes(who, group, "/start@"+username(p.name))(ctx, p)
	}
}

// presses is a press on a button of the message that the bot sent to the chat.
func presses(who page.Person, chat int64, text string) func(context.Context, *player) error {
	return func(ctx context.Context, p *player) error {
		question, err := p.chats.answer(ctx, chat)
		if err != nil {
			return err
		}
		buttons := slices.Concat(question.Buttons...)
		i := slices.IndexFunc(buttons, func(b page.Button) bool { return b.Text == text })
		if i < 0 {
			return fmt.Errorf("the bot sent no button %q", text)
		}
		return p.chats.press(who, chat, question.ID, buttons[i].Data)
	}
}

// answers waits until the bot has written to the chat.
func answers(chat int64) func(context.Context, *player) error {
	return func(ctx context.Context, p *player) error {
		_, err := p.chats.answer(ctx, chat)
		return err
	}
}

func edits(who page.Person) func(context.Context, *player) error {
	return sends("edited_message", map[string]any{
		"message_id": 1, "date": 1, "edit_date": 2, "text": "oops", "from": user(who), "chat": chatOf(who.ID),
	})
}

func answersPoll(who page.Person) func(context.Context, *player) error {
	return sends("poll_answer", map[string]any{"poll_id": "1", "user": user(who), "option_ids": []int{0}})
}

// sends delivers an update of any kind.
func sends(kind string, content map[string]any) func(context.Context, *player) error {
	return func(_ context.Context, p *player) error {
		return p.chats.bot.Push(bbtest.UpdateJSON(kind, content))
	}
}

// restarts is a bot that died before it confirmed the last press to Telegram, and
// a new process in its place that remembers nothing.
func restarts(_ context.Context, p *player) error {
	if err := p.stop(); err != nil {
		return err
	}
	if _, err := p.chats.repeat(); err != nil {
		return err
	}
	return p.start()
}

func apiFails(_ context.Context, p *playground) error {
	p.treat(modes["down"].answer)
	return nil
}

func apiRecovers(_ context.Context, p *playground) error {
	p.treat(bbtest.Answer{})
	return nil
}

// untilRefused waits until every client has met the outage, and tried again.
func untilRefused(ctx context.Context, p *playground) error {
	return p.ledger.await(ctx, func() bool {
		return !slices.ContainsFunc(p.ledger.tally.Libraries(), func(r tally.Row) bool { return r.N[tally.NotTaken] < 2 })
	})
}
